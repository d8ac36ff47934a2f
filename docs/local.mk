dist_man_MANS += docs/dubboc.1 docs/dubboc.conf.5
