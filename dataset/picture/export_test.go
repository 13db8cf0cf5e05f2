package picture

// FlatUpTo is tested for what only huge pictures need.
var FlatUpTo = flatUpTo
