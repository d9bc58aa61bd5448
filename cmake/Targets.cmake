# One target a folder.
#
#   trainyard_folder(engine_base DEPS absl::status)   # all *.cc of the current folder, as a static library
#   trainyard_tests(engine_base DEPS engine_base)     # all *_test.cc of the current folder, as one executable

add_library(trainyard_options INTERFACE)
target_include_directories(trainyard_options INTERFACE ${PROJECT_SOURCE_DIR})
target_compile_options(trainyard_options INTERFACE -Wall -Wextra -Wno-unused-parameter
  $<$<CXX_COMPILER_ID:Clang>:-Wthread-safety -Werror=thread-safety>
  # g++ 12 warns of std::string's own operator+ (GCC bug 105651).
  $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>)
# The same bits on every machine of one instruction set: no contraction that the compiler chooses.
# Nothing reads errno after a square root, which may then be an instruction.
target_compile_options(trainyard_options INTERFACE -ffp-contract=off -fno-math-errno)
if(TRAINYARD_SANITIZE)
  target_compile_options(trainyard_options INTERFACE -fsanitize=${TRAINYARD_SANITIZE} -fno-omit-frame-pointer
    -fno-sanitize-recover=all)
  target_link_options(trainyard_options INTERFACE -fsanitize=${TRAINYARD_SANITIZE})
endif()

# With TRAINYARD_UNITY several files are compiled as one wherever their names allow, which cmake/unity_groups.awk
# tells from their text: headers are read once for all of them.
function(compile_in_groups name)
  if(NOT TRAINYARD_UNITY)
    return()
  endif()
  execute_process(COMMAND awk -v most=12 -f ${PROJECT_SOURCE_DIR}/cmake/unity_groups.awk ${ARGN}
    WORKING_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR} OUTPUT_VARIABLE lines COMMAND_ERROR_IS_FATAL ANY)
  string(REGEX MATCHALL "[^\n]+" lines "${lines}")
  foreach(line ${lines})
    string(REGEX MATCH "^([0-9]+) (.*)$" line "${line}")
    set_source_files_properties(${CMAKE_MATCH_2} PROPERTIES UNITY_GROUP ${CMAKE_MATCH_1})
  endforeach()
  set_target_properties(${name} PROPERTIES UNITY_BUILD ON UNITY_BUILD_MODE GROUP)
  # A changed file may fit another group.
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${ARGN})
endfunction()

function(trainyard_folder name)
  cmake_parse_arguments(ARG "" "" "DEPS;EXCLUDE" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cc)
  foreach(file ${ARG_EXCLUDE})
    list(REMOVE_ITEM sources ${CMAKE_CURRENT_SOURCE_DIR}/${file})
  endforeach()
  add_library(${name} STATIC ${sources})
  compile_in_groups(${name} ${sources})
  target_link_libraries(${name} PUBLIC trainyard_options ${ARG_DEPS})
endfunction()

# A catalog: every component file <snake_name>.cc of the folder defines <PascalName>Entry() in namespace
# trainyard::<folder>; a generated catalog.cc defines MakeCatalog(), which lists them. Files named in
# SHARED are helpers and define no component.
#
#   trainyard_catalog(engine_losses TYPE Loss KIND loss HEADER engine/losses/loss.h SHARED loss.cc DEPS engine_base)
function(trainyard_catalog name)
  cmake_parse_arguments(ARG "" "TYPE;KIND;HEADER" "SHARED;DEPS" ${ARGN})
  get_filename_component(folder ${CMAKE_CURRENT_SOURCE_DIR} NAME)
  file(GLOB sources CONFIGURE_DEPENDS RELATIVE ${CMAKE_CURRENT_SOURCE_DIR} ${CMAKE_CURRENT_SOURCE_DIR}/*.cc)
  set(declarations "")
  set(additions "")
  set(components ${sources})
  if(ARG_SHARED)
    list(REMOVE_ITEM components ${ARG_SHARED})
  endif()
  foreach(file ${components})
    get_filename_component(stem ${file} NAME_WE)
    string(REPLACE "_" ";" words ${stem})
    set(pascal "")
    foreach(word ${words})
      string(SUBSTRING ${word} 0 1 first)
      string(SUBSTRING ${word} 1 -1 rest)
      string(TOUPPER ${first} first)
      string(APPEND pascal "${first}${rest}")
    endforeach()
    string(APPEND declarations "CatalogEntry<${ARG_TYPE}> ${pascal}Entry();\n")
    string(APPEND additions "  catalog.Add(${pascal}Entry());\n")
  endforeach()
  set(generated ${CMAKE_CURRENT_BINARY_DIR}/catalog.cc)
  file(CONFIGURE OUTPUT ${generated} CONTENT
"// Generated from the folder's listing.
#include \"${ARG_HEADER}\"

namespace trainyard::${folder} {

${declarations}
Catalog<${ARG_TYPE}> MakeCatalog() {
  Catalog<${ARG_TYPE}> catalog(\"${ARG_KIND}\");
${additions}  return catalog;
}

}  // namespace trainyard::${folder}
" @ONLY)
  add_library(${name} STATIC ${sources} ${generated})
  compile_in_groups(${name} ${sources} ${generated})
  target_link_libraries(${name} PUBLIC trainyard_options ${ARG_DEPS})
endfunction()

# `unit_tests` builds every test with the label unit, `all_tests` every test.
add_custom_target(unit_tests)
add_custom_target(all_tests)

function(trainyard_tests name)
  cmake_parse_arguments(ARG "" "LABEL" "DEPS" ${ARGN})
  if(NOT ARG_LABEL)
    set(ARG_LABEL unit)
  endif()
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*_test.cc)
  if(NOT sources)
    message(WARNING "${CMAKE_CURRENT_SOURCE_DIR} has no tests")
    return()
  endif()
  add_executable(${name}_test ${sources})
  compile_in_groups(${name}_test ${sources})
  # Cases run for milliseconds and compile for seconds: what is tested keeps its own optimisation.
  target_compile_options(${name}_test PRIVATE $<$<CONFIG:Release>:-O1>)
  target_link_libraries(${name}_test PRIVATE trainyard_options ${ARG_DEPS} GTest::gtest GTest::gmock GTest::gtest_main)
  # Cases are listed when ctest runs: a test that cannot even start then fails alone, and not the build.
  gtest_discover_tests(${name}_test TEST_PREFIX "${name}/" DISCOVERY_MODE PRE_TEST DISCOVERY_TIMEOUT 60
    PROPERTIES LABELS ${ARG_LABEL} TIMEOUT 300)
  add_dependencies(all_tests ${name}_test)
  if(ARG_LABEL STREQUAL unit)
    add_dependencies(unit_tests ${name}_test)
  endif()
endfunction()
