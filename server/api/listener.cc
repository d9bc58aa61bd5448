#include "server/api/listener.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "engine/base/status.h"

namespace trainyard {
namespace {

constexpr int kBacklog = 1024;
// After accept() failed for want of files or memory.
constexpr int kPauseMilliseconds = 50;

struct HostPort {
  std::string host;
  std::string port;
};

absl::StatusOr<HostPort> Split(const std::string& address) {
  const size_t colon = address.rfind(':');
  HostPort parts;
  uint32_t port = 0;
  if (colon != std::string::npos) {
    parts = {address.substr(0, colon), address.substr(colon + 1)};
    if (parts.host.size() > 2 && parts.host.front() == '[' && parts.host.back() == ']') {
      parts.host = parts.host.substr(1, parts.host.size() - 2);
    }
  }
  if (parts.host.empty() || !absl::SimpleAtoi(parts.port, &port) || port > 65535) {
    return absl::InvalidArgumentError(
        absl::StrCat("'", address,
                     "' is no address to listen on; expected host:port, for "
                     "example 127.0.0.1:7070"));
  }
  return parts;
}

bool IsLoopback(const sockaddr_storage& address) {
  if (address.ss_family == AF_INET) {
    return (ntohl(reinterpret_cast<const sockaddr_in&>(address).sin_addr.s_addr) >> 24) == 127;
  }
  return address.ss_family == AF_INET6 &&
         IN6_IS_ADDR_LOOPBACK(&reinterpret_cast<const sockaddr_in6&>(address).sin6_addr);
}

int PortOf(const sockaddr_storage& address) {
  return ntohs(address.ss_family == AF_INET6
                   ? reinterpret_cast<const sockaddr_in6&>(address).sin6_port
                   : reinterpret_cast<const sockaddr_in&>(address).sin_port);
}

// With SO_REUSEADDR (old connections in TIME_WAIT do not hinder a restart) and without
// SO_REUSEPORT.
absl::StatusOr<int> Listen(const addrinfo& info, const std::string& address) {
  const int fd = socket(info.ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  const int on = 1;
  if (fd >= 0) setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (fd < 0 || bind(fd, info.ai_addr, info.ai_addrlen) != 0 || listen(fd, kBacklog) != 0) {
    const int error = errno;
    if (fd >= 0) close(fd);
    return absl::FailedPreconditionError(
        absl::StrCat("cannot listen on ", address, ": ", std::strerror(error),
                     error == EADDRINUSE ? "; is another server running?" : ""));
  }
  return fd;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Listener>> Listener::Bind(const std::string& address) {
  ASSIGN_OR_RETURN(const HostPort parts, Split(address));
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE;
  addrinfo* found = nullptr;
  const int error = getaddrinfo(parts.host.c_str(), parts.port.c_str(), &hints, &found);
  if (error != 0)
    return absl::InvalidArgumentError(absl::StrCat(address, ": ", gai_strerror(error)));
  const absl::StatusOr<int> fd = Listen(*found, address);
  freeaddrinfo(found);
  RETURN_IF_ERROR(fd.status());
  sockaddr_storage bound{};
  socklen_t size = sizeof bound;
  getsockname(*fd, reinterpret_cast<sockaddr*>(&bound), &size);
  const std::string shown = absl::StrCat(address.substr(0, address.rfind(':')), ":", PortOf(bound));
  return std::unique_ptr<Listener>(new Listener(*fd, shown, IsLoopback(bound)));
}

Listener::Listener(int socket, std::string address, bool loopback)
    : socket_(socket),
      address_(std::move(address)),
      loopback_(loopback),
      wake_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  TRAINYARD_CHECK(wake_ >= 0, "no eventfd");
}

Listener::~Listener() {
  Stop();
  close(socket_);
  close(wake_);
}

void Listener::Serve(std::unique_ptr<grpc::experimental::ExternalConnectionAcceptor> acceptor,
                     int most_files) {
  acceptor_ = std::move(acceptor);
  most_files_ = most_files;
  thread_ = std::thread([this] { Loop(); });
}

void Listener::Stop() {
  eventfd_write(wake_, 1);
  if (thread_.joinable()) thread_.join();
  // Connections that nobody accepted are refused from here on.
  shutdown(socket_, SHUT_RDWR);
}

void Listener::Loop() {
  while (true) {
    pollfd polled[] = {{socket_, POLLIN, 0}, {wake_, POLLIN, 0}};
    poll(polled, 2, -1);
    if (polled[1].revents != 0) return;
    const int fd = accept4(socket_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0) {
      if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
        poll(&polled[1], 1, kPauseMilliseconds);
      }
      continue;
    }
    // The kernel gives the lowest free number: a high one means that there are that many files.
    if (fd >= most_files_) {
      close(fd);
      continue;
    }
    const int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    grpc::experimental::ExternalConnectionAcceptor::NewConnectionParameters connection;
    connection.listener_fd = socket_;
    connection.fd = fd;
    acceptor_->HandleNewConnection(&connection);
  }
}

}  // namespace trainyard
