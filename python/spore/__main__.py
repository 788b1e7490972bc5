"""python3 -m spore script.py [arguments]: runs a MindSpore script on Spore.
python3 -m spore --coverage script.py...: says which of MindSpore's names the scripts use, and which of them Spore has."""
import os
import runpy
import sys

_USAGE = """usage: python3 -m spore SCRIPT [ARGUMENTS]         run a script; `import mindspore` is Spore
       python3 -m spore -c CODE [ARGUMENTS]
       python3 -m spore -m MODULE [ARGUMENTS]
       python3 -m spore --coverage SCRIPT...        which of MindSpore's names it uses, and which Spore has
       python3 -m spore --alias-path                the folder that does so for every script, put on PYTHONPATH
       python3 -m spore --version"""


def main():
    """Does what the command line says."""
    from . import _alias
    args = sys.argv[1:]
    if not args or args[0] in ("-h", "--help"):
        print(_USAGE)
        return 0 if args else 2
    if args[0] == "--version":
        from . import __version__
        print(f"spore {__version__}")
        return 0
    if args[0] == "--alias-path":
        print(_alias.path())
        return 0
    if args[0] == "--coverage":
        from . import _coverage
        return _coverage.report(args[1:])
    _alias.install()
    if args[0] == "-m":
        sys.argv = args[1:]
        sys.path[0] = os.getcwd()
        runpy.run_module(args[1], run_name="__main__", alter_sys=True)
    elif args[0] == "-c":
        sys.argv = ["-c"] + args[2:]
        exec(compile(args[1], "<string>", "exec"), {"__name__": "__main__", "__builtins__": __builtins__})
    else:
        if not os.path.exists(args[0]):
            print(f"spore: {args[0]}: no such file", file=sys.stderr)
            return 2
        sys.argv = args
        sys.path[0] = os.path.dirname(os.path.abspath(args[0]))
        runpy.run_path(args[0], run_name="__main__")
    return 0


if __name__ == "__main__":
    sys.exit(main())
