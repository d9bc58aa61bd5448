# The yardsticks in client/specs/bench, and the settings with which a peer may run them.
workloads=(mlp_small mlp_large cnn_small cnn_medium resnet18_cifar gpt_mini)

# The peer's settings that may be its best, one a line.
settings_of() {
  echo ""
  case $1 in
    cnn_* | resnet*) echo "--channels-last" ;;
    gpt_*) echo "--attention math" ;;
  esac
}
