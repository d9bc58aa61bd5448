// `trainyard`: what belongs to the process and not to the program: streams, terminal, signals,
// environment.
#include <langinfo.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <clocale>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <thread>

#include "client/cli/app.h"
#include "client/cli/console.h"
#include "client/cli/exit_codes.h"

namespace {

constexpr int kDefaultWidth = 80;
constexpr int kDefaultHeight = 24;

winsize TerminalSize(int file) {
  winsize size{};
  ioctl(file, TIOCGWINSZ, &size);
  if (size.ws_col == 0) size.ws_col = kDefaultWidth;
  if (size.ws_row == 0) size.ws_row = kDefaultHeight;
  return size;
}

trainyard::client::Environment ReadEnvironment() {
  std::map<std::string, std::string> values;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const char* equals = std::strchr(*entry, '=');
    if (equals != nullptr)
      values.emplace(std::string(*entry, static_cast<size_t>(equals - *entry)), equals + 1);
  }
  return trainyard::client::Environment(std::move(values));
}

// One thread takes Ctrl-C and SIGTERM: the first wakes whoever waits, a second one (or the first,
// where nobody waits) ends the process.
void TakeSignals(trainyard::client::Interrupt& interrupt) {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::thread([&interrupt, signals] {
    int signal = 0;
    bool again = false;
    while (sigwait(&signals, &signal) == 0) {
      if (!interrupt.Trigger() || again) _exit(trainyard::cli::kExitInterrupted);
      again = true;
    }
  }).detach();
}

}  // namespace

int main(int argc, char** argv) {
  std::setlocale(LC_CTYPE, "");
  const trainyard::client::Environment environment = ReadEnvironment();
  // Lives as long as the process: the signal thread is never joined.
  auto& interrupt = *new trainyard::client::Interrupt;
  TakeSignals(interrupt);

  const std::string terminal = environment.Get("TERM");
  const bool able = !terminal.empty() && terminal != "dumb";
  const bool out_is_terminal = isatty(STDOUT_FILENO) == 1;
  const bool err_is_terminal = isatty(STDERR_FILENO) == 1 && able;
  trainyard::cli::Console console{std::cout, std::cerr};
  console.out_is_terminal = out_is_terminal;
  console.err_is_terminal = err_is_terminal;
  console.color = err_is_terminal && environment.Get("NO_COLOR").empty();
  console.unicode = std::strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
  const int terminal_file = out_is_terminal ? STDOUT_FILENO : STDERR_FILENO;
  console.width = [terminal_file] { return TerminalSize(terminal_file).ws_col; };
  console.height = [terminal_file] { return TerminalSize(terminal_file).ws_row; };

  trainyard::cli::Session session(console, environment, interrupt);
  const int code = trainyard::cli::RunApp({argv + 1, argv + argc}, session);
  std::cout.flush();
  if (!std::cout) {
    std::cerr << "trainyard: cannot write to standard output\n";
    return code == 0 ? static_cast<int>(trainyard::cli::kExitApiError) : code;
  }
  return code;
}
