"""The policies that come with the program."""

BUILT_IN = {"XZ2023": "policies.xiuzhou_2023"}  # code -> package, loaded when first asked for
