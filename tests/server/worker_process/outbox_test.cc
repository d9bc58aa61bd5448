#include "server/worker_process/outbox.h"

#include <gtest/gtest.h>

namespace trainyard {
namespace {

v1::Event Step(uint64_t step) {
  v1::Event event;
  event.mutable_progress()->set_step(step);
  return event;
}

class OutboxTest : public ::testing::Test {
 protected:
  void Push(uint64_t first, uint64_t last) {
    for (uint64_t step = first; step <= last; ++step) outbox_.Push(Step(step));
  }
  // Steps of the next batch, "first sequence: steps".
  std::string Next(size_t most_events, size_t most_bytes = 1 << 20) {
    uint64_t first = 0;
    std::string steps;
    for (const v1::Event& event : outbox_.Next(most_events, most_bytes, first)) {
      steps += " " + std::to_string(event.progress().step());
    }
    return std::to_string(first) + ":" + steps;
  }

  Outbox outbox_;
};

TEST_F(OutboxTest, NumbersEventsFromOne) {
  Push(1, 5);
  EXPECT_EQ(Next(2), "1: 1 2");
  EXPECT_EQ(Next(10), "3: 3 4 5");
  EXPECT_EQ(Next(10), "6:");
  EXPECT_EQ(outbox_.unsent(), 0u);
}

TEST_F(OutboxTest, SendsWhatWasNotAckedAgainAfterARedial) {
  Push(1, 5);
  Next(4);
  outbox_.Acked(2);
  outbox_.Rewind();
  EXPECT_EQ(Next(10), "3: 3 4 5");
}

TEST_F(OutboxTest, KnowsFromAnAckThatASendArrived) {
  Push(1, 5);
  Next(1);
  // An answer to Hello may name more than this connection sent.
  outbox_.Acked(4);
  EXPECT_EQ(Next(10), "5: 5");
}

TEST_F(OutboxTest, IgnoresAcksOfWhatItNeverHeld) {
  Push(1, 2);
  outbox_.Acked(100);
  Push(3, 3);
  EXPECT_EQ(Next(10), "3: 3");
}

TEST_F(OutboxTest, CutsBatchesByBytesButSendsAtLeastOne) {
  Push(1, 3);
  EXPECT_EQ(Next(10, 1), "1: 1");
  EXPECT_EQ(Next(10, 1), "2: 2");
}

TEST_F(OutboxTest, IsFullByNumberAndEmptiesByAcks) {
  Push(1, Outbox::kMostEvents);
  EXPECT_TRUE(outbox_.full());
  outbox_.Acked(1);
  EXPECT_FALSE(outbox_.full());
}

TEST_F(OutboxTest, IsFullByBytes) {
  v1::Event event;
  event.mutable_log()->set_text(std::string(Outbox::kMostBytes, 'x'));
  outbox_.Push(event);
  EXPECT_TRUE(outbox_.full());
  outbox_.Acked(1);
  EXPECT_FALSE(outbox_.full());
}

}  // namespace
}  // namespace trainyard
