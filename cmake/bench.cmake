# build/bench: speeds of the runtime's products beside OpenBLAS (where it is installed) and the processor's ceilings.
# build/bench_kernels: of every kernel, by the op table and its samples. build/bench_rates: rows of compiler/op/rates.def.
# Every tests/bench/bench*.c is a program; the other files there are their parts.
include(CheckCCompilerFlag)
check_c_compiler_flag(-march=native HAVE_MARCH_NATIVE)
if(HAVE_MARCH_NATIVE AND NOT CMAKE_CROSSCOMPILING)
  set_source_files_properties(tests/bench/ceilings.c PROPERTIES COMPILE_OPTIONS "-march=native;-Wno-psabi")
endif()
pkg_check_modules(OPENBLAS IMPORTED_TARGET openblas)

file(GLOB BENCH_SOURCES CONFIGURE_DEPENDS tests/bench/bench*.c)
foreach(SOURCE ${BENCH_SOURCES})
  get_filename_component(NAME ${SOURCE} NAME_WE)
  add_executable(${NAME} ${SOURCE} tests/bench/ceilings.c)
  target_link_libraries(${NAME} PRIVATE testsupport loraccore lrt PkgConfig::CMOCKA m)
  if(OPENBLAS_FOUND)
    target_compile_definitions(${NAME} PRIVATE HAVE_OPENBLAS)
    target_link_libraries(${NAME} PRIVATE PkgConfig::OPENBLAS)
  endif()
endforeach()
