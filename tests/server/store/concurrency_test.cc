// Many writers and readers at a time: meant for the thread sanitizer as well.
#include <atomic>
#include <thread>

#include "server/store/job_store.h"
#include "tests/server/store/support.h"

namespace trainyard {
namespace {

using ConcurrencyTest = StoreTest;

TEST_F(ConcurrencyTest, AppendsOfManyThreadsLeaveNoGapAndReadersSeeNone) {
  constexpr int kThreads = 4;
  constexpr int kAppends = 50;
  const std::string job = AddJob("a");
  Claim(job);
  const JobStore jobs(*store_);
  std::atomic<bool> done{false};
  std::thread reader([&] {
    uint64_t cursor = 0;
    for (bool last_round = false; !last_round;) {
      last_round = done;
      for (bool complete = false; !complete;) {
        const auto slice = jobs.ReadEvents({.job = job, .after_sequence = cursor, .limit = 7});
        ASSERT_OK(slice.status());
        for (const v1::Event& event : slice->events) ASSERT_EQ(event.sequence(), ++cursor);
        complete = slice->complete;
      }
    }
    EXPECT_EQ(cursor, 2u + kThreads * kAppends);
  });
  std::vector<std::thread> writers;
  for (int t = 0; t < kThreads; ++t) {
    writers.emplace_back([&] {
      for (int i = 0; i < kAppends; ++i) EXPECT_OK(Append(job, {ProgressEvent(i)}));
    });
  }
  for (std::thread& writer : writers) writer.join();
  done = true;
  reader.join();
}

TEST_F(ConcurrencyTest, MoreReadersThanConnectionsWaitTheirTurn) {
  const std::string job = AddJob("a");
  std::vector<std::thread> readers;
  for (int t = 0; t < 12; ++t) {
    readers.emplace_back([&] {
      for (int i = 0; i < 20; ++i) EXPECT_EQ(JobStore(*store_).LastSequence(job).value(), 1u);
    });
  }
  for (std::thread& reader : readers) reader.join();
}

}  // namespace
}  // namespace trainyard
