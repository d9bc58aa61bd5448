// Tokens that clients hand back unread: where a stream or a list goes on. A token names what it
// belongs to and carries a checksum, so that garbage and tokens of something else are told apart
// from good ones. They survive a restart; they are no secret and protect nothing.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace trainyard {

// `scope` is what the token belongs to, for example "watch:jobs/a".
std::string MakeToken(const std::string& scope, uint64_t position);
// Nothing where `token` was not made for that scope.
std::optional<uint64_t> ReadToken(const std::string& scope, const std::string& token);

// The same for lists in the order of names: `name` is the last one of the page before.
std::string MakeNameToken(const std::string& scope, const std::string& name);
std::optional<std::string> ReadNameToken(const std::string& scope, const std::string& token);

}  // namespace trainyard
