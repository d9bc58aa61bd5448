// The server's log: one line an event on standard error, as text or as JSON.
#pragma once

namespace trainyard {

enum class LogFormat { kText, kJson };

// Called once by main, before anything logs.
void SetUpLogging(LogFormat format);

}  // namespace trainyard
