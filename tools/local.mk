bin_PROGRAMS += tools/dubboc
tools_dubboc_SOURCES = \
	tools/absent.c tools/absent.h \
	tools/choice.c tools/choice.h \
	tools/cmd_bench.c \
	tools/cmd_call.c \
	tools/cmd_config.c \
	tools/cmd_describe.c \
	tools/cmd_ls.c \
	tools/cmd_watch.c \
	tools/commands.h \
	tools/counts.c tools/counts.h \
	tools/data.c tools/data.h \
	tools/description.c tools/description.h \
	tools/description_json.c tools/description_json.h \
	tools/description_text.c tools/description_text.h \
	tools/dubboc.c \
	tools/histogram.c tools/histogram.h \
	tools/load.c tools/load.h \
	tools/offers.c tools/offers.h \
	tools/options.c tools/options.h \
	tools/place.c tools/place.h \
	tools/pretty.c tools/pretty.h \
	tools/rules.c tools/rules.h \
	tools/shown.c tools/shown.h \
	tools/suggest.c tools/suggest.h \
	tools/table.c tools/table.h \
	tools/tally.c tools/tally.h \
	tools/target.c tools/target.h \
	tools/tool.c tools/tool.h
tools_dubboc_LDADD = libdubboc_core.la

# Both read the commands and options from dubboc --help.
bashcompletiondir = $(datadir)/bash-completion/completions
dist_bashcompletion_DATA = tools/completion/dubboc
zshcompletiondir = $(datadir)/zsh/site-functions
dist_zshcompletion_DATA = tools/completion/_dubboc
