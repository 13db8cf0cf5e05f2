package report

// QuickMark stands before every title and caption of a first look, so that no table or figure that
// is taken out of its report looks like a result.
const QuickMark = "Quick look, no result: "

// Quick returns the table as one of a first look: its caption says so, and in CSV its first column.
func (t Table) Quick() Table {
	t.Caption = QuickMark + t.Caption
	t.Keys = append([]Key{{Name: "quick_look", Value: "true"}}, t.Keys...)
	return t
}
