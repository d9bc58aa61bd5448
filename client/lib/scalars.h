// Scalars of YAML as numbers, booleans and durations: one reading for files, overrides and flags.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace trainyard::client {

// YAML's core schema: -1, 2.5, 1e-3, .5, .inf, .nan. Not hexadecimal, not "1_000".
std::optional<double> ParseNumber(const std::string& text);
// Digits only, with an optional sign; also "1e3" and "10.0" where the value is a whole number that
// a double holds exactly.
std::optional<int64_t> ParseInteger(const std::string& text);
std::optional<bool> ParseBoolean(const std::string& text);
// "90", "1.5s", "250ms", "10m", "2h", "1d", "1h30m": nanoseconds, at least 0.
std::optional<int64_t> ParseDuration(const std::string& text);
bool IsNullWord(const std::string& text);

// The shortest text that reads back as the same double; ".nan", ".inf".
std::string NumberText(double value);

}  // namespace trainyard::client
