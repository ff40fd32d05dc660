// Compilers that would not round as the specification says are refused (docs/model.md).
#pragma once

#include <cfloat>

#if defined(__FAST_MATH__)
#error "lmpack is exact: compile it without -ffast-math"
#endif

static_assert(FLT_EVAL_METHOD == 0,
              "numbers have to be rounded to their own type: on x86 of 32 bits compile with "
              "-msse2 -mfpmath=sse");
