dist_man_MANS += docs/dubboc.conf.5
