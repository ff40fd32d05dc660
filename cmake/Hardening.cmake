# What makes a fault in memory a crash instead of a way in. Each part is used where the compiler, the
# linker and the C library know it.
include(CheckCXXCompilerFlag)
include(CheckCXXSourceCompiles)
include(CheckLinkerFlag)

# Adds the flag to compile options of the target if the compiler knows it.
function(lmpack_add_known_option target flag name)
  check_cxx_compiler_flag(${flag} ${name})
  if(${name})
    target_compile_options(${target} INTERFACE ${flag})
  endif()
endfunction()

# Sets `result` to the highest level of checked library calls that gives no warning, or to 0. The
# level is undefined first, as some compilers define one themselves; without optimisation there are
# no such checks.
function(lmpack_find_fortify_level result)
  foreach(level 3 2)
    set(CMAKE_REQUIRED_FLAGS "-O2 -Werror -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=${level}")
    check_cxx_source_compiles(
      "#include <cstring>\nint main(int n, char** v) { char a[9]; std::strcpy(a, v[0]); return a[n]; }"
      LMPACK_KNOWS_FORTIFY_${level})
    if(LMPACK_KNOWS_FORTIFY_${level})
      set(${result} ${level} PARENT_SCOPE)
      return()
    endif()
  endforeach()
  set(${result} 0 PARENT_SCOPE)
endfunction()

# Hardens all that links the INTERFACE library `target`.
function(lmpack_harden target)
  lmpack_add_known_option(${target} -fstack-protector-strong LMPACK_KNOWS_STACK_PROTECTOR)
  lmpack_find_fortify_level(level)
  if(level GREATER 0 AND CMAKE_BUILD_TYPE AND NOT CMAKE_BUILD_TYPE STREQUAL "Debug")
    target_compile_options(${target} INTERFACE -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=${level})
  endif()
  # Only where programs are ELF files: other linkers take these for something else.
  if(UNIX AND NOT APPLE)
    foreach(keyword relro now noexecstack)
      check_linker_flag(CXX -Wl,-z,${keyword} LMPACK_KNOWS_Z_${keyword})
      if(LMPACK_KNOWS_Z_${keyword})
        target_link_options(${target} INTERFACE -Wl,-z,${keyword})
      endif()
    endforeach()
  endif()
endfunction()

# Has the standard library check indices in the sources of the target, except for those that match
# the pattern: the inner loops, whose sizes are checked before they start.
function(lmpack_check_indices target except)
  get_target_property(sources ${target} SOURCES)
  list(FILTER sources EXCLUDE REGEX "${except}")
  set_property(
    SOURCE ${sources}
    APPEND
    PROPERTY COMPILE_DEFINITIONS _GLIBCXX_ASSERTIONS)
endfunction()
