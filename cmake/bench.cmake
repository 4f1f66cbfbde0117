# build/bench: speeds of the runtime's products, of OpenBLAS (where it is installed), and the processor's limits.
# build/bench_kernels: speeds of every kernel, on the samples of the op table. build/bench_rates: rows of compiler/cost/rates.def.
# Every tests/bench/bench*.c is a program; the programs share the other files there.
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
