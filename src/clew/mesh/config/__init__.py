"""The linker file as frozen structs, one file per YAML key. Pure; Linkerd's vocabulary."""
