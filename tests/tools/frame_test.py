"""The command dubboc itself and `dubboc config`: what is printed to which output, and the exit
status."""
import os
import re
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from tap import DUBBOC, SOURCE, Folder, dubboc, environment, equal, holds, run  # noqa: E402


def without_a_command_the_usage_goes_to_standard_error_with_64():
    end = dubboc()
    equal(end.status, 64, end)
    equal(end.out, "", end)
    holds(end.err, "Usage: dubboc")


def help_and_version_go_to_standard_output_with_0():
    end = dubboc("--help")
    equal((end.status, end.err), (0, ""), end)
    for word in ("ls", "describe", "watch", "config", "Exit status"):
        holds(end.out, word)
    end = dubboc("--version")
    equal((end.status, end.out), (0, "dubboc 0.2.0\n"), end)
    equal(dubboc("version").out, end.out)
    equal(dubboc("help").out, dubboc("--help").out)
    for command in commands():
        end = dubboc("help", command)
        equal((end.status, end.out, end.err), (0, dubboc(command, "--help").out, ""), end)
    equal(dubboc("help", "wacth").status, 64)


def commands():
    """The commands that `dubboc --help` lists."""
    listed = dubboc("--help").out.split("Commands:\n")[1].split("\n\n")[0]
    return [line.split()[0] for line in listed.splitlines()]


def every_command_has_help():
    equal([name for name in ("call", "bench", "ls", "describe", "watch", "config") if name not in commands()], [])
    for command in commands():
        end = dubboc(command, "--help")
        equal((end.status, end.err), (0, ""), end)
        holds(end.out, "Usage: dubboc " + command)


def the_manual_names_every_command_and_option():
    with open(os.path.join(SOURCE, "docs", "dubboc.1"), encoding="utf-8") as file:
        manual = file.read().replace("\\-", "-")
    for command in commands():
        holds(manual, ".B dubboc " + command)
        for option in re.findall(r"--[a-z]+", dubboc(command, "--help").out):
            if option not in ("--help", "--usage"):
                holds(manual, option)


def an_unknown_command_is_reported_with_the_nearest_command():
    end = dubboc("wacth")
    equal((end.status, end.out), (64, ""), end)
    holds(end.err, 'unknown command "wacth", did you mean "watch"?')
    end = dubboc("xyzzy")
    equal(end.status, 64, end)
    holds(end.err, 'unknown command "xyzzy"')


def wrong_options_and_arguments_end_with_64_and_no_output():
    for arguments in (["--nothing"], ["ls", "--nothing"], ["ls", "a", "b"], ["ls", "-r"], ["ls", "-r", "zk://h:1"], ["watch"],
                      ["watch", "-r", "static:", "a", "b"], ["config"], ["config", "chek"], ["config", "check"], ["config", "show", "a", "b"],
                      *([command, "-r", "static:", name] for command in ("ls", "watch", "describe") for name in ("", "a/b", "a b", "a\n"))):
        end = dubboc(*arguments)
        equal((end.status, end.out), (64, ""), "%s\n%s" % (arguments, end))


def a_kind_of_registry_of_a_later_release_is_reported_as_such():
    end = dubboc("ls", "-r", "nacos://h:1")
    equal(end.status, 64, end)
    holds(end.err, '"nacos" is not in this release')


def commands_without_a_registry_explain_how_to_give_one():
    for command in (["ls"], ["watch", "a"], ["describe", "a"]):
        end = dubboc(*command)
        equal((end.status, end.out), (64, ""), end)
        holds(end.err, "give -r REGISTRY, or set $DUBBOC_REGISTRY_ADDRESS")


def a_wrong_configuration_ends_with_78_and_names_the_place():
    with Folder() as folder:
        path = folder.file("app.ini", "[client]\nretries = x\n")
        for command in (["ls", "-r", "static:"], ["watch", "a"], ["config", "show"]):
            end = dubboc(*command, env={"DUBBOC_CONF_FILE": path})
            equal((end.status, end.out), (78, ""), end)
            holds(end.err, path + ':2: [client] retries = "x": expected a whole number')
    end = dubboc("ls", env={"DUBBOC_REGISTRY_ADDRESS": "nowhere"})
    equal(end.status, 78, end)
    holds(end.err, "$DUBBOC_REGISTRY_ADDRESS")


def a_malformed_registry_address_is_reported_with_its_place():
    with Folder() as folder:
        path = folder.file("app.ini", "[registry]\naddress = zookeeper://h:0\n")
        for command in (["ls"], ["watch", "a"], ["call", "a", "m"], ["bench", "a", "m"]):
            for place, env in ((path + ":2", {"DUBBOC_CONF_FILE": path}), ("$DUBBOC_REGISTRY_ADDRESS", {"DUBBOC_REGISTRY_ADDRESS": "static:foo"})):
                end = dubboc(*command, env=env)
                equal((end.status, end.out), (78, ""), "%s\n%s" % (command, end))
                holds(end.err, "dubboc: " + place + ": registry ")
            equal(dubboc(*command, "-r", "static:foo").status, 64)


def config_check_reports_every_problem_with_its_line():
    with Folder() as folder:
        path = folder.file("app.ini", "[client]\nretries = x\nretrys = 1\n\n[clinet]\n[server]\nadmin_address = a\n")
        end = dubboc("config", "check", path)
        equal((end.status, end.out), (78, ""), end)
        equal([line.split(": ")[0] for line in end.err.splitlines()], [path + ":2", path + ":3", path + ":5", path + ":7"], end)
        holds(end.err, 'did you mean "retries"?')
        holds(end.err, "is not in this release")


def a_comment_after_a_text_value_is_reported_by_config_check_and_at_load():
    with Folder() as folder:
        path = folder.file("app.ini", "[application]\nname = desk # main\nowner = team #1;2\n[registry]\npassword = a # b\n")
        end = dubboc("config", "check", path)
        equal((end.status, end.out), (78, ""), end)
        equal(len(end.err.splitlines()), 1, end)
        holds(end.err, path + ':2: the value of "name" seems to end in a comment')
        end = dubboc("config", "show", path)
        equal(end.status, 0, end)
        holds(end.out, "[application] name = desk # main")
        holds(end.err, "place=%s:2" % path)


def config_check_of_a_good_file_says_ok():
    with Folder() as folder:
        path = folder.file("app.ini", "[client]\nretries = 1\n")
        end = dubboc("config", "check", path, env={"DUBBOC_CLIENT_RETRIES": "the file alone is checked"})
        equal((end.status, end.out, end.err), (0, path + ": ok\n", ""), end)


def config_check_names_a_missing_file():
    end = dubboc("config", "check", "/nowhere/app.ini")
    equal((end.status, end.out), (78, ""), end)
    holds(end.err, "/nowhere/app.ini: cannot be read: No such file or directory")


def config_show_prints_effective_values_with_their_origin():
    with Folder() as folder:
        path = folder.file("app.ini", "[client]\nretries = 1\npool_size = 5\n[registry]\npassword = s3cret\n")
        end = dubboc("config", "show", path, env={"DUBBOC_CLIENT_POOL_SIZE": "6"})
        equal((end.status, end.err), (0, ""), end)
        lines = end.out.splitlines()
        for line in ("[client] request_timeout = 3s (default)", "[client] retries = 1 (%s:2)" % path,
                     "[client] pool_size = 6 ($DUBBOC_CLIENT_POOL_SIZE)", "[registry] password = ******** (%s:5)" % path):
            holds(lines, line)
        equal("s3cret" in end.out, False, end)
        again = dubboc("config", "show", env={"DUBBOC_CONF_FILE": path, "DUBBOC_CLIENT_POOL_SIZE": "6"})
        equal(again.out, end.out)


def config_sample_prints_a_good_file_that_changes_nothing():
    end = dubboc("config", "sample")
    equal((end.status, end.err), (0, ""), end)
    with Folder() as folder:
        path = folder.file("sample.ini", end.out)
        equal(dubboc("config", "check", path).status, 0)
        equal(dubboc("config", "show", path).out, dubboc("config", "show").out)


def every_key_of_the_sample_works_when_its_comment_mark_is_removed():
    keys = re.sub(r"^# (\[|\w+ =)", r"\1", dubboc("config", "sample").out, flags=re.M)
    equal(len(re.findall(r"^\w+ =", keys, re.M)) > 50, True, keys)
    keys = re.sub(r"^\w+ =\n", "", keys, flags=re.M)  # keys without a default
    with Folder() as folder:
        end = dubboc("config", "check", folder.file("keys.ini", keys))
        equal((end.status, end.err), (0, ""), keys)


def the_sample_that_is_installed_is_the_one_that_the_tool_prints():
    with open(os.path.join(SOURCE, "docs", "sample.ini"), encoding="utf-8") as sample:
        equal(sample.read() == dubboc("config", "sample").out, True,
              "docs/sample.ini is old: write it anew by `dubboc config sample`")


def completed(*words, env=None):
    """The completions that bash offers for the last of the words after `dubboc`, one per line."""
    script = """
source "$1"; shift
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
_dubboc "$1" "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
printf '%s\\n' "${COMPREPLY[@]}"
"""
    done = subprocess.run(["bash", "-c", script, "bash", os.path.join(SOURCE, "tools", "completion", "dubboc"), DUBBOC, *words],
                          capture_output=True, env=environment(env), timeout=60, check=True)
    return done.stdout.decode().splitlines()


def bash_completes_commands_options_and_actions():
    equal(completed("be"), ["bench"])
    equal(set(commands()) - set(completed("")), set())
    equal(completed("call", "--pre"), ["--pretty"])
    equal(completed("config", "sh"), ["show"])


def bash_offers_no_interface_that_it_would_execute():
    names = ["com.example.A", "com.example.Outer$Inner", "com.example.$(touch ran-1)", "com.`touch ran-2`", "com.example.{a,b}",
             "com.example;touch ran-3", "com.example.A B", "com.example*", "-r", "com.example.~"]
    with Folder() as folder:
        for name in names:
            os.makedirs(os.path.join(folder.path, "dubbo", name), exist_ok=True)
        env = {"DUBBOC_REGISTRY_ADDRESS": "file://" + folder.path}
        offered = completed("ls", "com", env=env)
        equal(offered, ["com.example.A", "com.example.Outer\\$Inner"])
        equal(completed("ls", "com.example.Outer\\$", env=env), ["com.example.Outer\\$Inner"])
        equal(completed("ls", "", env=env), offered)
        equal([name for name in os.listdir(".") if name.startswith("ran-")], [])


def bash_offers_the_methods_behind_an_interface():
    url = "jsonrpc://127.0.0.1:1/a.B?interface=a.B&methods=cancel%2Cplace%2Cx%24%28touch%20ran-4%29"
    env = {"DUBBOC_REGISTRY_ADDRESS": "static:" + url}
    equal(completed("call", "a.B", "", env=env), ["cancel", "place"])
    equal(completed("bench", "a.B", "pl", env=env), ["place"])
    equal(completed("call", "a.B", "place", "", env=env), [""])
    equal(completed("describe", "a.B", "", env=env), [""])
    equal(completed("call", "-r", "x", "a", env=env), ["a.B"])
    equal(os.path.exists("ran-4"), False)


def an_unknown_variable_only_warns():
    end = dubboc("config", "show", env={"DUBBOC_CLIENT_RETRYS": "1", "DUBBOC_X_PORT": "tcp://10.0.0.1:80"})
    equal(end.status, 0, end)
    holds(end.err, "did you mean DUBBOC_CLIENT_RETRIES?")
    holds(end.err, "Kubernetes injects such variables")
    end = dubboc("config", "show", env={"DUBBOC_CLIENT_RETRIES": "1"})
    equal((end.status, end.err), (0, ""), end)


def a_full_standard_output_is_an_error():
    with open("/dev/full", "wb") as full:
        for arguments in (["config", "show"], ["ls", "-r", "static:jsonrpc://127.0.0.1:1/a"], ["watch", "-r", "static:jsonrpc://127.0.0.1:1/a", "a"],
                          ["bench", "-n", "1", "-u", "http://127.0.0.1:1/x", "a", "m"]):
            done = subprocess.run([DUBBOC, *arguments], stdout=full, stderr=subprocess.PIPE, env=environment(), timeout=20, check=False)
            equal(done.returncode, 2, arguments)
            equal(done.stderr.decode().count("standard output cannot be written"), 1, done)


run([
    without_a_command_the_usage_goes_to_standard_error_with_64,
    help_and_version_go_to_standard_output_with_0,
    every_command_has_help,
    the_manual_names_every_command_and_option,
    an_unknown_command_is_reported_with_the_nearest_command,
    wrong_options_and_arguments_end_with_64_and_no_output,
    a_kind_of_registry_of_a_later_release_is_reported_as_such,
    commands_without_a_registry_explain_how_to_give_one,
    a_wrong_configuration_ends_with_78_and_names_the_place,
    a_malformed_registry_address_is_reported_with_its_place,
    config_check_reports_every_problem_with_its_line,
    a_comment_after_a_text_value_is_reported_by_config_check_and_at_load,
    config_check_of_a_good_file_says_ok,
    config_check_names_a_missing_file,
    config_show_prints_effective_values_with_their_origin,
    config_sample_prints_a_good_file_that_changes_nothing,
    every_key_of_the_sample_works_when_its_comment_mark_is_removed,
    the_sample_that_is_installed_is_the_one_that_the_tool_prints,
    bash_completes_commands_options_and_actions,
    bash_offers_no_interface_that_it_would_execute,
    bash_offers_the_methods_behind_an_interface,
    an_unknown_variable_only_warns,
    a_full_standard_output_is_an_error,
])
