// Errors of the core become those of lmpack.errors.
#pragma once

namespace lmpack::bindings {

// Call it once, while the module is set up.
void register_errors();

}  // namespace lmpack::bindings
