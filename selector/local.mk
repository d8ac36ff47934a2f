libdubboc_core_la_SOURCES += \
	selector/cache_line.c selector/cache_line.h \
	selector/candidates.c selector/candidates.h \
	selector/configurator.c selector/configurator.h \
	selector/context.h \
	selector/direct.c selector/direct.h \
	selector/directory.c selector/directory.h \
	selector/directory_room.c selector/directory_room.h \
	selector/directory_wait.c selector/directory_wait.h \
	selector/ejection.c selector/ejection.h \
	selector/explain.c selector/explain.h \
	selector/handles.h \
	selector/health.c selector/health.h \
	selector/node.c selector/node.h \
	selector/node_list.c selector/node_list.h \
	selector/node_settings.c selector/node_settings.h \
	selector/pick.c selector/pick.h \
	selector/pick_release.c selector/pick_release.h \
	selector/pick_request.h \
	selector/policy.c selector/policy.h \
	selector/policy_random.c \
	selector/policy_roundrobin.c \
	selector/probes.c selector/probes.h \
	selector/provider.c selector/provider.h \
	selector/readers.c selector/readers.h \
	selector/readiness.c selector/readiness.h \
	selector/room.c selector/room.h \
	selector/rule_sources.c selector/rule_sources.h \
	selector/rule_yaml.c selector/rule_yaml.h \
	selector/selector.c selector/selector.h \
	selector/selector_inside.h \
	selector/service_mapping.c selector/service_mapping.h \
	selector/settings.h \
	selector/snapshot.c selector/snapshot.h \
	selector/snapshot_file.c selector/snapshot_file.h \
	selector/upkeep.c selector/upkeep.h
