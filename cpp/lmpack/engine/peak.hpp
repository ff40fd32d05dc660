// What a processor can do at most, as a measure for everything else.
#pragma once

#include "lmpack/engine/kernels.hpp"

namespace lmpack {

// Products of 8-bit integers per second in this thread, all operands in registers: the best of
// several short runs that together take about `seconds`.
double peak_products_per_second(const Kernels& kernels, double seconds);

}  // namespace lmpack
