// Calls a server as a stranger would: knowing nothing but its address, through reflection, the way
// grpcurl does. The end-to-end scripts use it for requests that the client would never send.
//
//   grpc_probe ADDRESS list
//   grpc_probe ADDRESS call trainyard.v1.JobService/GetJob '{"name": "jobs/lenet"}'
//   grpc_probe ADDRESS call trainyard.v1.JobService/GetJob @FILE      the file's bytes as they are
//
// Prints each response as one line of JSON, then the status with its details. Exit code 0 for OK, 1
// for another status, 2 for wrong usage, 3 where the method is unknown to reflection.
#include <grpcpp/create_channel.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>

#include <chrono>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <string>

#include "google/protobuf/descriptor.h"
#include "google/protobuf/descriptor_database.h"
#include "google/protobuf/dynamic_message.h"
#include "google/protobuf/util/json_util.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "reflection.grpc.pb.h"

namespace trainyard {
namespace {

namespace reflection = grpc::reflection::v1alpha;
using google::protobuf::Message;

reflection::ServerReflectionResponse Reflect(const std::shared_ptr<grpc::Channel>& channel,
                                             const reflection::ServerReflectionRequest& request) {
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(10));
  auto stream = reflection::ServerReflection::NewStub(channel)->ServerReflectionInfo(&context);
  reflection::ServerReflectionResponse response;
  stream->Write(request);
  stream->WritesDone();
  stream->Read(&response);
  const grpc::Status status = stream->Finish();
  if (!status.ok()) std::cerr << "reflection: " << status.error_message() << "\n";
  return response;
}

int List(const std::shared_ptr<grpc::Channel>& channel) {
  reflection::ServerReflectionRequest request;
  request.set_list_services("*");
  const auto response = Reflect(channel, request);
  for (const auto& service : response.list_services_response().service()) {
    std::cout << service.name() << "\n";
  }
  return response.list_services_response().service().empty() ? 1 : 0;
}

// What the server says of the service and all that it is made of.
class Schema {
 public:
  Schema(const std::shared_ptr<grpc::Channel>& channel, const std::string& service) {
    reflection::ServerReflectionRequest request;
    request.set_file_containing_symbol(service);
    const auto response = Reflect(channel, request);
    for (const std::string& bytes : response.file_descriptor_response().file_descriptor_proto()) {
      google::protobuf::FileDescriptorProto file;
      if (file.ParseFromString(bytes)) database_.Add(file);
    }
  }

  const google::protobuf::MethodDescriptor* Method(const std::string& service,
                                                   const std::string& method) {
    const auto* descriptor = pool_.FindServiceByName(service);
    return descriptor == nullptr ? nullptr : descriptor->FindMethodByName(method);
  }
  std::unique_ptr<Message> New(const google::protobuf::Descriptor* type) {
    return std::unique_ptr<Message>(factory_.GetPrototype(type)->New());
  }

 private:
  google::protobuf::SimpleDescriptorDatabase database_;
  google::protobuf::DescriptorPool pool_{&database_};
  google::protobuf::DynamicMessageFactory factory_{&pool_};
};

std::string Json(const Message& message) {
  std::string json;
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  return google::protobuf::util::MessageToJsonString(message, &json, options).ok() ? json : "{}";
}

void PrintStatus(const grpc::Status& status) {
  std::cout << "status: " << status.error_code() << ": " << status.error_message() << "\n";
  google::rpc::Status details;
  if (!details.ParseFromString(status.error_details())) return;
  for (const auto& detail : details.details()) {
    google::rpc::ErrorInfo info;
    google::rpc::BadRequest bad_request;
    if (detail.UnpackTo(&info)) std::cout << "reason: " << info.reason() << "\n";
    if (!detail.UnpackTo(&bad_request)) continue;
    for (const auto& violation : bad_request.field_violations()) {
      std::cout << "violation: " << violation.field() << ": " << violation.description() << "\n";
    }
  }
}

int Call(const std::shared_ptr<grpc::Channel>& channel, const std::string& path,
         const std::string& body) {
  const size_t slash = path.find('/');
  if (slash == std::string::npos) return 2;
  Schema schema(channel, path.substr(0, slash));
  const auto* method = schema.Method(path.substr(0, slash), path.substr(slash + 1));
  if (method == nullptr) {
    std::cerr << "reflection knows no method " << path << "\n";
    return 3;
  }
  std::string bytes;
  if (!body.empty() && body[0] == '@') {
    std::ifstream file(body.substr(1), std::ios::binary);
    bytes.assign(std::istreambuf_iterator<char>(file), {});
  } else {
    const std::unique_ptr<Message> request = schema.New(method->input_type());
    const auto parsed = google::protobuf::util::JsonStringToMessage(body, request.get());
    if (!parsed.ok()) {
      std::cerr << "not a " << method->input_type()->name() << ": " << parsed.ToString() << "\n";
      return 2;
    }
    bytes = request->SerializeAsString();
  }

  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
  grpc::CompletionQueue queue;
  grpc::GenericStub stub(channel);
  const auto call = stub.PrepareCall(&context, "/" + path, &queue);
  // One operation at a time: true where it succeeded.
  const auto done = [&queue] {
    void* tag = nullptr;
    bool ok = false;
    return queue.Next(&tag, &ok) && ok;
  };
  const grpc::Slice slice(bytes);
  call->StartCall(nullptr);
  if (done()) {
    call->WriteLast(grpc::ByteBuffer(&slice, 1), grpc::WriteOptions(), nullptr);
    done();
    grpc::ByteBuffer received;
    for (call->Read(&received, nullptr); done(); call->Read(&received, nullptr)) {
      grpc::Slice whole;
      received.DumpToSingleSlice(&whole);
      const std::unique_ptr<Message> response = schema.New(method->output_type());
      response->ParseFromArray(whole.begin(), static_cast<int>(whole.size()));
      std::cout << Json(*response) << std::endl;
    }
  }
  grpc::Status status;
  call->Finish(&status, nullptr);
  done();
  PrintStatus(status);
  return status.ok() ? 0 : 1;
}

}  // namespace
}  // namespace trainyard

int main(int argc, char** argv) {
  const std::string command = argc > 2 ? argv[2] : "";
  const auto channel =
      argc > 1 ? grpc::CreateChannel(argv[1], grpc::InsecureChannelCredentials()) : nullptr;
  if (command == "list" && argc == 3) return trainyard::List(channel);
  if (command == "call" && argc == 5) return trainyard::Call(channel, argv[3], argv[4]);
  std::cerr << "usage: grpc_probe ADDRESS list | call SERVICE/METHOD JSON|@FILE\n";
  return 2;
}
