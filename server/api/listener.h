// The listening socket of the public port, and the loop that accepts.
//
// gRPC's own loop stops for good once it has run out of file descriptors; this one refuses
// connections before it comes to that: beyond `most_files` a new connection is closed at once, and
// those that are there go on.
//
//   ASSIGN_OR_RETURN(auto listener, Listener::Bind("127.0.0.1:7070"));
//   listener->Serve(acceptor);                   // from
//   builder.experimental().AddExternalConnectionAcceptor
//   ... listener->Stop() before the gRPC server is shut down.
//
// Used by one thread, with one thread of its own.
#pragma once

#include <memory>
#include <string>
#include <thread>

#include <grpcpp/server_builder.h>

#include "absl/status/statusor.h"

namespace trainyard {

class Listener {
 public:
  // "host:port", "[::1]:port"; port 0: a free one. INVALID_ARGUMENT: no such form.
  // FAILED_PRECONDITION: the port is in use (a second server must not start silently).
  static absl::StatusOr<std::unique_ptr<Listener>> Bind(const std::string& address);
  ~Listener();

  void Serve(std::unique_ptr<grpc::experimental::ExternalConnectionAcceptor> acceptor,
             int most_files);
  void Stop();

  // As it was bound, with its port: "127.0.0.1:7070".
  const std::string& address() const { return address_; }
  // Only this machine can reach it.
  bool loopback() const { return loopback_; }

 private:
  Listener(int socket, std::string address, bool loopback);
  void Loop();

  const int socket_;
  const std::string address_;
  const bool loopback_;
  // Wakes the loop to stop.
  const int wake_;
  int most_files_ = 0;
  std::unique_ptr<grpc::experimental::ExternalConnectionAcceptor> acceptor_;
  std::thread thread_;
};

}  // namespace trainyard
