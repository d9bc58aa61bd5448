// trainyard completion bash|zsh: the script that a shell sources.
#include "client/cli/command.h"
#include "client/cli/commands.h"
#include "client/cli/exit_codes.h"

namespace trainyard::cli {
namespace {

// COMP_WORDBREAKS would cut `@last` and `key=value`: the words are taken from the line itself.
constexpr char kBash[] = R"(# bash completion of trainyard:  source <(trainyard completion bash)
_trainyard() {
  local line=${COMP_LINE:0:COMP_POINT} current candidate words
  read -ra words <<<"$line"
  [[ $line == *[[:space:]] ]] && words+=("")
  current=${words[-1]}
  COMPREPLY=()
  while IFS=$'\t' read -r candidate _; do
    case $candidate in
      :files) compopt -o filenames; mapfile -t -O ${#COMPREPLY[@]} COMPREPLY < <(compgen -f -- "$current") ;;
      :folders) compopt -o filenames; mapfile -t -O ${#COMPREPLY[@]} COMPREPLY < <(compgen -d -- "$current") ;;
      *) COMPREPLY+=("$candidate") ;;
    esac
  done < <("${words[0]}" __complete "${words[@]:1}" 2>/dev/null)
  # What bash regards as done of the current word must not be repeated.
  local prefix=${current%"${COMP_WORDS[COMP_CWORD]}"} i
  if [[ -n $prefix && $prefix != "$current" ]]; then
    for i in "${!COMPREPLY[@]}"; do COMPREPLY[i]=${COMPREPLY[i]#"$prefix"}; done
  fi
}
complete -F _trainyard trainyard
)";

constexpr char kZsh[] = R"(#compdef trainyard
# zsh completion of trainyard:  source <(trainyard completion zsh)
_trainyard() {
  local -a candidates
  local line text doc files=
  while IFS= read -r line; do
    case $line in
      :files) files=1 ;;
      :folders) files=2 ;;
      *)
        text=${line%%$'\t'*}
        doc=${line#*$'\t'}
        candidates+=("${text//:/\\:}${doc:+:$doc}")
        ;;
    esac
  done < <("${words[1]}" __complete "${(@)words[2,CURRENT]}" 2>/dev/null)
  (( ${#candidates} )) && _describe -V trainyard candidates
  [[ $files == 1 ]] && _files
  [[ $files == 2 ]] && _files -/
}
if [[ $funcstack[1] == _trainyard ]]; then
  _trainyard "$@"
else
  compdef _trainyard trainyard
fi
)";

class CompletionCommand final : public Command {
 public:
  std::string name() const override { return "completion"; }
  std::string summary() const override { return "Print a completion script for bash or zsh"; }
  std::string details() const override {
    return "  bash:  source <(trainyard completion bash)     in ~/.bashrc\n"
           "  zsh:   source <(trainyard completion zsh)      in ~/.zshrc, after compinit";
  }
  void Declare(Options& options) override {
    options.Positional("SHELL", &shell_, "bash or zsh.").Required().OneOf({"bash", "zsh"});
  }
  int Run(Session& session) override {
    session.console().out << (shell_ == "zsh" ? kZsh : kBash);
    return kExitOk;
  }

 private:
  std::string shell_;
};

}  // namespace

std::unique_ptr<Command> MakeCompletion() { return std::make_unique<CompletionCommand>(); }

}  // namespace trainyard::cli
