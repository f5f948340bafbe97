# A room is a folder of src/. Each sees the headers of the rooms it names and no others: the include path of a
# room is a folder of links holding exactly those rooms, so a wrong #include does not compile.
#
#   tandem_room(NAME sync SEES base record LIBRARIES PkgConfig::GIT2)
#
# builds tandem_sync from src/sync/**/*.cpp and, from the *_test.cpp beside them, the test program sync_test.
function(tandem_room)
  cmake_parse_arguments(ROOM "" "NAME" "SEES;LIBRARIES;TEST_SEES" ${ARGN})
  set(SOURCE "${CMAKE_SOURCE_DIR}/src/${ROOM_NAME}")
  file(GLOB_RECURSE ALL CONFIGURE_DEPENDS "${SOURCE}/*.cpp")
  set(TESTS ${ALL})
  list(FILTER TESTS INCLUDE REGEX "_test\\.cpp$")
  list(FILTER ALL EXCLUDE REGEX "_test\\.cpp$")
  if(NOT ALL)
    add_library(tandem_${ROOM_NAME} INTERFACE)
    return()
  endif()

  set(VIEW "${CMAKE_BINARY_DIR}/view/${ROOM_NAME}")
  tandem_view("${VIEW}" ${ROOM_NAME} ${ROOM_SEES})
  add_library(tandem_${ROOM_NAME} STATIC ${ALL})
  target_include_directories(tandem_${ROOM_NAME} PRIVATE "${VIEW}")
  set(SEEN ${ROOM_SEES})
  list(TRANSFORM SEEN PREPEND tandem_)
  target_link_libraries(tandem_${ROOM_NAME} PUBLIC tandem_flags PkgConfig::FMT Boost::json ${SEEN} ${ROOM_LIBRARIES})

  if(TESTS)
    set(TEST_VIEW "${CMAKE_BINARY_DIR}/view/${ROOM_NAME}_test")
    tandem_view("${TEST_VIEW}" ${ROOM_NAME} ${ROOM_SEES} ${ROOM_TEST_SEES})
    set(TEST_SEEN ${ROOM_TEST_SEES})
    list(TRANSFORM TEST_SEEN PREPEND tandem_)
    add_executable(${ROOM_NAME}_test ${TESTS})
    target_include_directories(${ROOM_NAME}_test PRIVATE "${TEST_VIEW}")
    target_compile_definitions(${ROOM_NAME}_test PRIVATE TANDEM_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
    target_link_libraries(${ROOM_NAME}_test PRIVATE tandem_${ROOM_NAME} ${TEST_SEEN} GTest::gtest_main GTest::gmock)
    add_test(NAME ${ROOM_NAME} COMMAND ${ROOM_NAME}_test --gtest_brief=1 --gtest_filter=-Slow*)
    set_tests_properties(${ROOM_NAME} PROPERTIES TIMEOUT 600 LABELS unit)
    # Test suites named Slow..., in *_slow_test.cpp, take minutes or packages from a registry.
    if("${TESTS}" MATCHES "_slow_test\\.cpp")
      add_test(NAME ${ROOM_NAME}_slow COMMAND ${ROOM_NAME}_test --gtest_filter=Slow*)
      set_tests_properties(${ROOM_NAME}_slow PROPERTIES TIMEOUT 1800 LABELS slow)
    endif()
  endif()
endfunction()

# A folder of links `view/<room>` -> src/<room>, made anew so that a room taken off the list is gone.
function(tandem_view VIEW)
  file(REMOVE_RECURSE "${VIEW}")
  file(MAKE_DIRECTORY "${VIEW}")
  foreach(ROOM ${ARGN})
    file(CREATE_LINK "${CMAKE_SOURCE_DIR}/src/${ROOM}" "${VIEW}/${ROOM}" SYMBOLIC)
  endforeach()
endfunction()
