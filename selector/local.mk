libdubboc_core_la_SOURCES += \
	selector/configurator.c selector/configurator.h \
	selector/direct.c \
	selector/directory.c \
	selector/explain.c \
	selector/health.c selector/health.h \
	selector/keeper.c \
	selector/line.c selector/line.h \
	selector/mapping.c \
	selector/node.c selector/node.h \
	selector/node_list.c selector/node_list.h \
	selector/parts.h \
	selector/pick.c \
	selector/policy.c selector/policy.h \
	selector/policy_random.c \
	selector/policy_roundrobin.c \
	selector/provider.c selector/provider.h \
	selector/readiness.c selector/readiness.h \
	selector/rule_feed.c \
	selector/rule_yaml.c selector/rule_yaml.h \
	selector/selector.c selector/selector.h \
	selector/snapshot.c selector/snapshot.h \
	selector/snapshot_file.c selector/snapshot_file.h
