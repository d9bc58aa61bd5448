// Numbers, sizes and times for people. Pure functions.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "trainyard/v1/event.pb.h"

namespace google::protobuf {
class Timestamp;
}

namespace trainyard::cli {

std::string Count(uint64_t value);                      // 1,234,567
std::string Bytes(uint64_t bytes);                      // 999 B, 1.2 MB, 16.0 GB
std::string Flops(uint64_t flops);                      // 16.8 GFLOP
std::string FlopsText(double flops);                    // the same; "-" where it is not known
std::string Rate(double per_second);                    // 950, 12.3k, 1.2M
std::string ClockTime(double seconds);                  // 0:09, 12:34, 1:02:03; -:-- where unknown
std::string Metric(double value);                       // 0.9123, 0.2431, 1.2e-05
std::string Shape(const std::vector<uint64_t>& shape);  // 32x28x28
// "2026-01-31 12:34:56" in UTC; "" where it is not set.
std::string Date(const google::protobuf::Timestamp& time);
// "12s", "5m", "3h", "4d" since `time`; "" where it is not set.
std::string Age(const google::protobuf::Timestamp& time, std::chrono::system_clock::time_point now);
double Seconds(const google::protobuf::Timestamp& time);

// "RUNNING", and with `color` in its colour.
std::string StateText(v1::JobState state, bool color);
const char* SeverityText(v1::Severity severity);

}  // namespace trainyard::cli
