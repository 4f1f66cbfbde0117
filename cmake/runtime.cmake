# liblrt.a: the library that generated programs link. It contains every .c in the folders of runtime/.
#
# runtime/kernels/vector/*.c is compiled once per kernel set, each time for another instruction set; lrt_start selects
# the set for the processor. In the set "reference", runtime/kernels/reference/NAME_reference.c replaces vector/NAME.c; a
# vector file without such a counterpart is compiled with scalar arithmetic.
file(GLOB LRT_SOURCES CONFIGURE_DEPENDS runtime/*/*.c)
file(GLOB LRT_VECTOR_SOURCES CONFIGURE_DEPENDS runtime/kernels/vector/*.c)
file(GLOB LRT_REFERENCE_SOURCES CONFIGURE_DEPENDS runtime/kernels/reference/*.c)

set(LRT_SETS reference portable)
if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64|amd64")
  list(APPEND LRT_SETS avx2 avx512)
elseif(CMAKE_SYSTEM_PROCESSOR MATCHES "aarch64|arm64|ARM64")
  list(APPEND LRT_SETS neon)
endif()
set(LRT_FLAGS_avx2 -mavx2 -mfma -mf16c)
set(LRT_FLAGS_avx512 -mavx512f -mavx512bw -mavx512vl -mavx512dq -mavx2 -mfma -mf16c -mprefer-vector-width=512)

set(LRT_REFERENCE_SET ${LRT_REFERENCE_SOURCES})
foreach(SOURCE ${LRT_VECTOR_SOURCES})
  get_filename_component(NAME ${SOURCE} NAME_WE)
  if(NOT EXISTS ${CMAKE_CURRENT_SOURCE_DIR}/runtime/kernels/reference/${NAME}_reference.c)
    list(APPEND LRT_REFERENCE_SET ${SOURCE})
  endif()
endforeach()

# Chat templates run for microseconds a conversation: small code, since it ships with apps.
file(GLOB LRT_TEMPLATE_SOURCES CONFIGURE_DEPENDS runtime/template/*.c)
set_source_files_properties(${LRT_TEMPLATE_SOURCES} PROPERTIES COMPILE_OPTIONS $<$<CONFIG:Release>:-Os>)

# Square roots become instructions, so the loops over random numbers are vectorised.
set_source_files_properties(runtime/core/rng.c PROPERTIES COMPILE_OPTIONS -fno-math-errno)
add_library(lrt STATIC ${LRT_SOURCES})
foreach(KERNEL_SET ${LRT_SETS})
  if(KERNEL_SET STREQUAL reference)
    add_library(lrt_${KERNEL_SET} OBJECT ${LRT_REFERENCE_SET})
  else()
    add_library(lrt_${KERNEL_SET} OBJECT ${LRT_VECTOR_SOURCES})
    target_compile_options(lrt_${KERNEL_SET} PRIVATE $<$<CONFIG:Release>:-O3>)
  endif()
  set_target_properties(lrt_${KERNEL_SET} PROPERTIES POSITION_INDEPENDENT_CODE ON)
  target_compile_definitions(lrt_${KERNEL_SET} PRIVATE LRT_SET=${KERNEL_SET} LRT_SET_IS_${KERNEL_SET})
  target_compile_options(lrt_${KERNEL_SET} PRIVATE -fno-math-errno -Wno-psabi ${LRT_FLAGS_${KERNEL_SET}})
  target_sources(lrt PRIVATE $<TARGET_OBJECTS:lrt_${KERNEL_SET}>)
  target_compile_definitions(lrt PRIVATE LRT_HAVE_${KERNEL_SET})
endforeach()
# An app may link the library into a shared library.
set_target_properties(lrt PROPERTIES POSITION_INDEPENDENT_CODE ON ARCHIVE_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR})
target_link_libraries(lrt PUBLIC Threads::Threads m PRIVATE PkgConfig::JANSSON PkgConfig::PCRE2 PkgConfig::UTF8PROC)
