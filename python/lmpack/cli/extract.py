"""The command `lmpack extract`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from lmpack import DamagedError, LmpackError, TruncatedError, UsageError
from lmpack._files.archive.extraction import Extraction
from lmpack._files.archive.listener import Listener
from lmpack._files.archive.reading import open_archive
from lmpack._files.archive.selection import Selection
from lmpack.cli.bar import progress_bar
from lmpack.cli.failures import Failures, display_name, print_error
from lmpack.cli.given_name import Name
from lmpack.cli.help_lists import ExampleCommand
from lmpack.cli.member_list import list_members
from lmpack.cli.options import DecodingArguments, coding_options, decoding_choice
from lmpack.cli.printing import one_line, say_error, say_json
from lmpack.cli.signals import state_at_interruption
from lmpack.cli.standard import input_size, open_input

if TYPE_CHECKING:
    from typing_extensions import Unpack

_MORE = "something comes behind the end of the archive: it is left out"


@click.command(cls=ExampleCommand)
@click.argument("archive", metavar="FILE.tar.lmp", type=Name())
@click.argument("members", nargs=-1, metavar="[MEMBER]...", type=Name())
@click.option("-l", "--list", "is_list", is_flag=True, help="Print what is in it; write nothing.")
@click.option(
    "-o",
    "-C",
    "--output",
    "folder",
    type=Name(),
    metavar="DIR",
    default=".",
    help="Unpack into DIR, which is made if it is not there; without it here.",
)
@click.option("-f", "--force", is_flag=True, help="Overwrite existing files.")
@coding_options
def extract(
    *,
    archive: str,
    members: tuple[str, ...],
    is_list: bool,
    folder: str,
    force: bool,
    quiet: bool,
    verbose: int,
    as_json: bool,
    **coding: Unpack[DecodingArguments],
) -> None:
    """Unpack a tar archive, or MEMBERs of it, which may be folders.

    FILE.tar.lmp may be - for standard input. To list members, or to unpack some of them, only the
    blocks are decoded that hold a header or such a MEMBER. Nothing is written outside of DIR,
    whatever the archive says; owners are not restored.
    """
    options = decoding_choice(**coding)
    selection = Selection(members)
    run = _Run(archive, verbose=verbose, as_json=as_json)
    with (
        run.failures.of(archive),
        open_input(archive) as file,
        progress_bar(display_name(archive), input_size(file), quiet or is_list) as progress,
        open_archive(file, options, whole=not (members or is_list), progress=progress) as opened,
    ):
        if is_list:
            run.records += list_members(opened, selection, as_json=as_json)
        else:
            run.unpack(
                Extraction(
                    opened,
                    Path(folder),
                    force=force,
                    max_size=options.max_size,
                    listener=run.listener,
                ),
                selection,
            )
        for name in selection.missing:
            run.failed(name, UsageError(f"it is not in {display_name(archive)}"))
    run.finish()


class _Run:
    """What is said while members are unpacked or listed."""

    def __init__(self, archive: str, *, verbose: int, as_json: bool) -> None:
        self.failures = Failures()
        self.records: list[dict[str, Any]] = []
        self.listener = Listener(
            failed=self.failed,
            warned=self.failures.warn,
            skipped=lambda name, reason: None,
            done=self._done,
        )
        self._archive = archive
        self._verbose = verbose
        self._as_json = as_json
        self._last = ""

    def failed(self, name: str, error: LmpackError | OSError) -> None:
        """Report a member."""
        print_error(f"{display_name(name)}: {self.failures.record(name, error)}")

    def unpack(self, extraction: Extraction, selection: Selection) -> None:
        """Unpack the selection; an error of the archive says how far it came."""
        with state_at_interruption(lambda: self._state(extraction)):
            try:
                extraction.run(selection)
            except (DamagedError, TruncatedError) as error:
                raise type(error)(f"{error}: {self._state(extraction)}") from error
        if extraction.has_more:
            self.failures.warn(self._archive, _MORE)

    def finish(self) -> None:
        """Print what comes at the end; end the program with 1 if something failed."""
        if self._as_json:
            say_json(self.records + self.failures.records)
        self.failures.exit_if_any()

    def _done(self, name: str, size: int) -> None:
        self._last = name
        if self._as_json:
            self.records.append({"name": name, "size": size})
        if self._verbose:
            say_error(name)

    def _state(self, extraction: Extraction) -> str:
        """What is there if the work ends now."""
        if not extraction.count:
            return "nothing was unpacked"
        members = f"{extraction.count:,} member{'s' * (extraction.count != 1)}"
        return f"complete is {members}, up to {one_line(self._last)}; what comes behind is missing"
