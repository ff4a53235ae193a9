package recording

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"
)

// Format is the version of a Recording's form.
const Format = 1

// Recording holds the questions and their answers.
type Recording struct {
	Format int `json:"format"`
	// Source says where the answers come from: AWS, asked by a program, or a document.
	Source  string    `json:"source"`
	Made    time.Time `json:"made"`
	Region  string    `json:"region,omitempty"`
	Answers []Answer  `json:"answers"`
}

// Answer is the answer to one question.
type Answer struct {
	// ID names the question. IDs are added, never renamed.
	ID       string `json:"id"`
	Question string `json:"question"`
	// Answer is empty if there is none.
	Answer string `json:"answer,omitempty"`
	// Seconds says how long things took, by the name of what was measured.
	Seconds map[string]float64 `json:"seconds,omitempty"`
	// Unanswered says why there is no answer.
	Unanswered string `json:"unanswered,omitempty"`
	// Source says where an answer was read, if it wasn't measured.
	Source string `json:"source,omitempty"`
}

// Difference is a question with two different answers.
type Difference struct {
	ID, Question   string
	Recorded, Here string
}

// String returns the question and both answers.
func (d Difference) String() string {
	return fmt.Sprintf("%s: %s\n  recorded: %s\n  here:     %s", d.ID, d.Question, d.Recorded, d.Here)
}

// Compare returns the questions that both sides answered with different words.
func Compare(recorded, here []Answer) (differences []Difference) {
	answers := map[string]Answer{}
	for _, a := range here {
		answers[a.ID] = a
	}
	for _, r := range recorded {
		h := answers[r.ID]
		if r.Answer != "" && h.Answer != "" && r.Answer != h.Answer {
			differences = append(differences, Difference{r.ID, r.Question, r.Answer, h.Answer})
		}
	}
	return differences
}

// Read reads a Recording. Its error names what is wrong: an unknown member, a repeated question, or
// a question with neither an answer nor a reason.
func Read(from io.Reader) (Recording, error) {
	var r Recording
	decoder := json.NewDecoder(from)
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&r); err != nil {
		return r, fmt.Errorf("reading a recording: %w", err)
	}
	if r.Format != Format {
		return r, fmt.Errorf("reading a recording: its format is %d, and this program reads %d", r.Format, Format)
	}
	return r, r.check()
}

func (r Recording) check() error {
	var faults []error
	if r.Source == "" {
		faults = append(faults, errors.New("it has no source"))
	}
	if len(r.Answers) == 0 {
		faults = append(faults, errors.New("it has no answers"))
	}
	seen := map[string]bool{}
	for i, a := range r.Answers {
		switch {
		case a.ID == "":
			faults = append(faults, fmt.Errorf("answer %d has no id", i+1))
		case seen[a.ID]:
			faults = append(faults, fmt.Errorf("%s is there twice", a.ID))
		case (a.Answer == "") == (a.Unanswered == ""):
			faults = append(faults, fmt.Errorf("%s needs either an answer or a reason why there is none", a.ID))
		}
		seen[a.ID] = true
	}
	if err := errors.Join(faults...); err != nil {
		return fmt.Errorf("reading a recording: %w", err)
	}
	return nil
}

// Write writes a Recording in the form that Read reads, in lines that can be compared.
func (r Recording) Write(to io.Writer) error {
	encoder := json.NewEncoder(to)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(r)
}

// Took says how long something took, for people. It returns "" if that wasn't measured.
func (a Answer) Took() (text string) {
	for _, what := range slices.Sorted(maps.Keys(a.Seconds)) {
		if text != "" {
			text += ", "
		}
		text += fmt.Sprintf("%s %.1f s", what, a.Seconds[what])
	}
	return text
}
