/// The program `syncline`: runs the command that its arguments name, and exits with its code.
import Glibc
import Operator

exit(await Commands.program.main(Array(CommandLine.arguments.dropFirst())).rawValue)
