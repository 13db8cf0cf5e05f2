// Package torchfile finds the tensors of files that torch.save wrote, and executes nothing of them.
//
// PyTorch has two forms of them. A zip archive, since version 1.6, holds a pickle and one member for
// each storage:
//
//	NAME/data.pkl   NAME/data/0   NAME/data/1   …   NAME/byteorder   NAME/version
//
// The legacy form is five pickles and then the storages, each with its length before it:
//
//	magic number | 1001 | system | objects | keys of the storages | count, elements | …
//
// The pickle of objects is read by [pickle.Read]; it may call what rebuilds tensors, dictionaries and
// parameters, and no other name. A tensor is a view of a storage: an offset, a shape and strides.
// [Read] checks that it is inside and that no two of its elements are one.
package torchfile
