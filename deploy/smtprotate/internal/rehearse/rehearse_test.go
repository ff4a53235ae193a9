package rehearse

import (
	"os"
	"testing"
	"fmt"
	"time"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws"
)

func TestARehearsalOnLocalawsAnswersEverything(t *testing.T) {
	w, _ := localaws.Start(localaws.Config{})
	w.SetSMTPPatience(time.Second)
	r, err := onWorld(t.Context(), w, "eu-west-1")
	recorded, err := r.Run(t.Context())
	if err != nil {
		t.Error(err)
	}
	Report(os.Stdout, recorded, recorded)
	fmt.Println(len(w.Calls()), r.Mails())
	m := map[string]int{}
	for _, c := range w.Calls() { m[c.Service+":"+c.Action]++ }
	fmt.Println(m)
}
