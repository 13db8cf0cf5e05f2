package classify

import "encoding/json"

// MarshalJSON leaves out what is about classes where the task has none.
func (s Summary) MarshalJSON() ([]byte, error) {
	type plain Summary
	if s.Task == "" {
		return json.Marshal(plain(s))
	}
	// Fields that are not as deep hide those of their names.
	return json.Marshal(struct {
		plain
		TestAccuracy   *float64 `json:"test_accuracy,omitempty"`
		TestErrorCount *int     `json:"test_error_count,omitempty"`
		TestNLL        *float64 `json:"test_nll,omitempty"`
		TestInterval   *int     `json:"test_accuracy_interval,omitempty"`
		TestECE        *float64 `json:"test_ece,omitempty"`
		TestBrier      *float64 `json:"test_brier,omitempty"`
		TestClasses    *int     `json:"test_class_accuracy,omitempty"`
	}{plain: plain(s)})
}
