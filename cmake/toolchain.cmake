# Warnings, sanitizers, compiler cache and linker for our own targets.
find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM)
  # Paths below the source folder count as relative, so that another clone's objects are found again.
  set(CMAKE_CXX_COMPILER_LAUNCHER "${CMAKE_COMMAND};-E;env;CCACHE_BASEDIR=${CMAKE_SOURCE_DIR};CCACHE_NOHASHDIR=1;CCACHE_SLOPPINESS=pch_defines,time_macros;${CCACHE_PROGRAM}")
  set(CMAKE_C_COMPILER_LAUNCHER "${CMAKE_CXX_COMPILER_LAUNCHER}")
endif()

add_compile_options(-pthread $<$<COMPILE_LANGUAGE:CXX>:-fpch-preprocess>)  # the latter lets ccache see through precompiled headers

find_program(MOLD_PROGRAM mold)
if(MOLD_PROGRAM)
  add_link_options(-fuse-ld=mold)
endif()

if(CMAKE_BUILD_TYPE STREQUAL "Debug" AND NOT TANDEM_DEBUG_INFO)
  set(CMAKE_CXX_FLAGS_DEBUG "-O0")
  set(CMAKE_C_FLAGS_DEBUG "-O1")
endif()

add_library(tandem_flags INTERFACE)
target_compile_options(tandem_flags INTERFACE
  -Wall -Wextra -Werror -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual -Wimplicit-fallthrough
  -Wno-missing-field-initializers)
# g++ 12 sees uninitialised and overlapping strings in optimised std::string and std::variant where there are none
# (GCC bugs 105562, 105651 and their kin); the sanitizer builds look for the real ones.
target_compile_options(tandem_flags INTERFACE
  -Wno-maybe-uninitialized -Wno-restrict -Wno-stringop-overflow -Wno-stringop-overread -Wno-array-bounds
  -Wno-free-nonheap-object -Wno-dangling-pointer)
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -DNDEBUG")
option(TANDEM_FUZZ "Fuzz targets with clang's libFuzzer (scripts/fuzz)" OFF)
if(TANDEM_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer -g1 -O1
    -Wno-error -Wno-unknown-warning-option)
  add_link_options(-fsanitize=address,undefined)
endif()
if(TANDEM_SANITIZE)
  add_compile_options(-fsanitize=${TANDEM_SANITIZE} -fno-omit-frame-pointer -g1 -O1)
  add_link_options(-fsanitize=${TANDEM_SANITIZE})
endif()
