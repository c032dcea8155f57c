/// Completion scripts for shells, made from the command table. Pure.
///
/// All three work the same way: the words before the cursor without options and their values name the command; then
/// come its words, its options, or the choices of the option in front of the cursor.
struct CompletionScript {
  let table: CommandTable

  var bash: String {
    """
    # Completion of syncline for bash: source <(syncline completion bash)
    _syncline() {
      local current="${COMP_WORDS[COMP_CWORD]}" word option= skip= command= choices=
      local -a given=()
      for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
        # --name=value comes as three words.
        if [[ $word == "=" && -n $option ]]; then skip=1; continue; fi
        if [[ -n $skip ]]; then skip= option=; continue; fi
        case "$word" in
          \(valueOptions.joined(separator: "|"))) skip=1 option="$word" ;;
          -*) option= ;;
          *) option= given+=("$word") ;;
        esac
      done
      if [[ $current == "=" && -n $option ]]; then current= skip=1; fi
    \(shellCommand)
      if [[ -n $skip ]]; then
        case "$command $option" in
    \(valueCases)
          *) COMPREPLY=($(compgen -f -- "$current")); return ;;
        esac
      elif [[ $current == -* ]]; then
        case "$command" in
    \(optionCases)
        esac
      else
        case "${given[*]}" in
    \(wordCases)
        esac
      fi
      COMPREPLY=($(compgen -W "$choices" -- "$current"))
    }
    complete -F _syncline syncline

    """
  }

  var zsh: String {
    """
    #compdef syncline
    # Completion of syncline for zsh: put this file as _syncline into a directory of $fpath.
    _syncline() {
      local current="${words[CURRENT]}" word option= skip= command= choices=
      local -a given
      for word in "${(@)words[2,CURRENT-1]}"; do
        if [[ -n $skip ]]; then skip=; continue; fi
        case "$word" in
          \(valueOptions.joined(separator: "|"))) skip=1 option="$word" ;;
          -*) ;;
          *) given+=("$word") ;;
        esac
      done
      if [[ $current == --*=* ]]; then skip=1 option="${current%%=*}"; compset -P "*="; fi
    \(shellCommand)
      if [[ -n $skip ]]; then
        case "$command $option" in
    \(valueCases)
          *) _files; return ;;
        esac
      elif [[ $current == -* ]]; then
        case "$command" in
    \(optionCases)
        esac
      else
        case "${given[*]}" in
    \(wordCases)
        esac
      fi
      compadd -- ${=choices}
    }
    if [[ $funcstack[1] == _syncline ]]; then _syncline "$@"; else compdef _syncline syncline; fi

    """
  }

  var fish: String {
    var lines = [
      """
      # Completion of syncline for fish: save as ~/.config/fish/completions/syncline.fish
      function __syncline_given
        set -l skip 0
        for word in (commandline -opc)[2..-1]
          if test $skip = 1
            set skip 0
            continue
          end
          switch $word
            case \(valueOptions.joined(separator: " "))
              set skip 1
            case '-*'
            case '*'
              echo $word
          end
        end
      end
      function __syncline_is
        set -l given (__syncline_given)
        test "$given" = "$argv"
      end
      function __syncline_in
        set -l given (__syncline_given)
        string match -q -- "$argv *" "$given "
      end
      complete -c syncline -f
      """
    ]
    for word in table.firstWords {
      lines.append("complete -c syncline -n '__syncline_is' -a \(word) -d \(fishQuoted(table.summary(of: word)))")
      for verb in table.verbs(of: word) {
        lines.append(
          "complete -c syncline -n '__syncline_is \(word)' -a \(verb.path[1]) -d \(fishQuoted(verb.summary))")
      }
    }
    lines += GlobalOptions.all.map { "complete -c syncline" + fishOption($0) }
    for command in table.commands {
      let condition = "complete -c syncline -n '__syncline_in \(command.name)'"
      lines += command.options.map { condition + fishOption($0) }
      let choices = command.arguments.flatMap(\.choices)
      if !choices.isEmpty { lines.append("\(condition) -a \(fishQuoted(choices.joined(separator: " ")))") }
    }
    return lines.joined(separator: "\n") + "\n"
  }

  // MARK: What bash and zsh share

  /// Sets `command` from `given`: the longest path that is one. The blank behind a name keeps `job` from matching
  /// `jobs`.
  private var shellCommand: String {
    let byLength = table.commands.filter { $0.path.count > 1 } + table.commands.filter { $0.path.count == 1 }
    let lines = byLength.map { "    \"\($0.name) \"*) command=\"\($0.name)\" ;;" }
    return (["  case \"${given[*]} \" in"] + lines + ["  esac"]).joined(separator: "\n")
  }

  private var valueCases: String {
    var lines: [String] = []
    func add(_ prefix: String, _ options: [Option]) {
      for case (let option, .choice(let choices)) in options.map({ ($0, $0.kind) }) {
        let patterns = names(option).map { "\(prefix)\" \($0)\"" }.joined(separator: "|")
        lines.append("      \(patterns)) choices=\"\(choices.joined(separator: " "))\" ;;")
      }
    }
    for command in table.commands { add("\"\(command.name)\"", command.options) }
    add("*", GlobalOptions.all)
    return lines.joined(separator: "\n")
  }

  private var optionCases: String {
    let all = GlobalOptions.all.map { "--\($0.name)" }
    let lines = table.commands.filter { !$0.options.isEmpty }.map { command in
      let own = command.options.map { "--\($0.name)" }
      return "      \"\(command.name)\") choices=\"\((own + all).joined(separator: " "))\" ;;"
    }
    return (lines + ["      *) choices=\"\(all.joined(separator: " "))\" ;;"]).joined(separator: "\n")
  }

  private var wordCases: String {
    var lines = ["      \"\") choices=\"\((table.firstWords + ["help"]).joined(separator: " "))\" ;;"]
    for word in table.firstWords where !table.verbs(of: word).isEmpty {
      lines.append(
        "      \"\(word)\") choices=\"\(table.verbs(of: word).map { $0.path[1] }.joined(separator: " "))\" ;;")
    }
    for command in table.commands {
      let choices = command.arguments.flatMap(\.choices)
      if !choices.isEmpty {
        lines.append("      \"\(command.name)\"*) choices=\"\(choices.joined(separator: " "))\" ;;")
      }
    }
    return lines.joined(separator: "\n")
  }

  /// `--output`, `-o`, … of every option that takes a value, each once.
  private var valueOptions: [String] {
    let all = GlobalOptions.all + table.commands.flatMap(\.options)
    return Set(all.filter(\.takesValue).flatMap(names)).sorted()
  }

  private func names(_ option: Option) -> [String] { ["--\(option.name)"] + (option.short.map { ["-\($0)"] } ?? []) }

  // MARK: fish

  private func fishOption(_ option: Option) -> String {
    var text = " -l \(option.name)"
    if let short = option.short { text += " -s \(short)" }
    switch option.kind {
    case .flag: break
    case .choice(let choices): text += " -x -a \(fishQuoted(choices.joined(separator: " ")))"
    case .integer: text += " -x"
    case .text: text += " -r" + (option.placeholder == "FILE" ? " -F" : "")
    }
    return text + " -d \(fishQuoted(option.help))"
  }

  private func fishQuoted(_ text: String) -> String {
    "'" + text.replacing("\\", with: "\\\\").replacing("'", with: "\\'") + "'"
  }
}
