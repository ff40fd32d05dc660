// What a thread needs to throw.
#pragma once

namespace lmpack {

// Takes the memory that the first exception of the calling thread needs, and says whether there is
// enough. The C library would take it when the thread throws, and end the process if there is none,
// which is when most threads throw. Takes no time that matters.
bool ready_to_throw() noexcept;

}  // namespace lmpack
