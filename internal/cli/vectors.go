package cli

import (
	"archive/zip"
	"bufio"
	"encoding/binary"
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/gradreg/gradreg/internal/foreign"
)

// writeVectorsCSV writes vectors as a table with the columns image, f0, f1, …; numbers as float32
// reads them back.
func writeVectorsCSV(w io.Writer, list []embedded) error {
	b := bufio.NewWriter(w)
	out := csv.NewWriter(b)
	row := []string{"image"}
	for i := range list[0].Features {
		row = append(row, "f"+strconv.Itoa(i))
	}
	if err := out.Write(row); err != nil {
		return err
	}
	for _, e := range list {
		row = append(row[:0], foreign.Cell(e.Image))
		for _, v := range e.Features {
			row = append(row, strconv.FormatFloat(float64(v), 'g', -1, 32))
		}
		if err := out.Write(row); err != nil {
			return err
		}
	}
	if out.Flush(); out.Error() != nil {
		return out.Error()
	}
	return b.Flush()
}

// writeVectorsNPZ writes vectors as NumPy's archive of two arrays: files, texts [n], and features,
// float32 [n, F].
func writeVectorsNPZ(w io.Writer, list []embedded) error {
	z := zip.NewWriter(w)
	longest := 1
	for _, e := range list {
		longest = max(longest, utf8.RuneCountInString(e.Image))
	}
	files, err := z.Create("files.npy")
	if err != nil {
		return err
	}
	b := bufio.NewWriter(files)
	b.Write(npyHeader(fmt.Sprintf("<U%d", longest), len(list)))
	for _, e := range list {
		cell := make([]byte, 4*longest) // UTF-32, padded with zeros
		for i, r := range []rune(e.Image) {
			binary.LittleEndian.PutUint32(cell[4*i:], uint32(r))
		}
		b.Write(cell)
	}
	if err := b.Flush(); err != nil {
		return err
	}
	features, err := z.Create("features.npy")
	if err != nil {
		return err
	}
	b = bufio.NewWriter(features)
	b.Write(npyHeader("<f4", len(list), len(list[0].Features)))
	for _, e := range list {
		if err := binary.Write(b, binary.LittleEndian, e.Features); err != nil {
			return err
		}
	}
	if err := b.Flush(); err != nil {
		return err
	}
	return z.Close()
}

// npyHeader returns what an array of NumPy begins with, in version 1.0 of its format: magic,
// version, the length of a Python dictionary and that, padded so that the elements are aligned.
func npyHeader(dtype string, shape ...int) []byte {
	extents := ""
	for _, n := range shape {
		extents += strconv.Itoa(n) + ", "
	}
	if len(shape) > 1 {
		extents = strings.TrimSuffix(extents, ", ")
	}
	const magic = "\x93NUMPY\x01\x00"
	text := fmt.Sprintf(
		"{'descr': '%s', 'fortran_order': False, 'shape': (%s), }", dtype,
		strings.TrimSuffix(extents, " "),
	)
	const align = 64
	pad := align - (len(magic)+2+len(text)+1)%align
	text += strings.Repeat(" ", pad%align) + "\n"
	b := binary.LittleEndian.AppendUint16([]byte(magic), uint16(len(text)))
	return append(b, text...)
}
