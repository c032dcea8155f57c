/// `syncline completion SHELL`: prints a completion script made from the command table.
enum CompletionCommand {
  static let command = Command(
    path: ["completion"], summary: "Print a completion script for a shell",
    arguments: [Argument("SHELL", "the shell", choices: ["bash", "zsh", "fish"])],
    examples: [
      Example("source <(syncline completion bash)", "in ~/.bashrc"),
      Example("syncline completion zsh > \"${fpath[1]}/_syncline\"", "once, for zsh"),
      Example("syncline completion fish > ~/.config/fish/completions/syncline.fish", "once, for fish"),
    ]
  ) { invocation in
    let script = CompletionScript(table: invocation.table)
    switch try invocation.argument("SHELL") {
    case "zsh": try invocation.output.text(script.zsh)
    case "fish": try invocation.output.text(script.fish)
    default: try invocation.output.text(script.bash)
    }
    return .ok
  }
}
