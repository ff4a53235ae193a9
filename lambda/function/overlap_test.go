package function_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/rotation"
)

// These overlaps need calls to be held back at exactly the right moment.

func TestAnEmergencyFencesAnewAfterAConflict(t *testing.T) {
	s := newStage(t, nil)
	s.must(`{}`, rotation.Rotated)
	s.after(30 * day)
	s.must(`{}`, rotation.Rotated)
	s.after(8 * day)
	s.must(`{}`, rotation.Retired)
	s.after(2 * day)
	c := s.mailFlows().Username
	type gate struct{ at, open chan struct{} }
	mk := func() gate { return gate{make(chan struct{}), make(chan struct{})} }
	delQ, putN, deactN := mk(), mk(), mk()
	var creates, updates atomic.Int32
	s.World.Intercept(func(call localaws.Call) *localaws.Fault {
		wait := func(g gate) { close(g.at); <-g.open }
		switch call.Action {
		case "CreateAccessKey":
			if creates.Add(1) == 1 {
				wait(delQ)
			}
		case "PutSecretValue":
			if creates.CompareAndSwap(2, 3) {
				wait(putN)
			}
		case "UpdateAccessKey":
			if updates.Add(1) == 1 {
				wait(deactN)
			}
		}
		return nil
	})
	e, r := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(e)
		out, err := s.Function.Invoke(context.Background(), []byte(`{"action":"emergency","access_key_id":"`+c+`"}`))
		if err != nil {
			t.Errorf("emergency: %s %v", out, err)
		}
	}()
	<-delQ.at // the fence is done and the other slot free; it is about to create
	go func() {
		defer close(r)
		_, _ = s.Function.Invoke(context.Background(), []byte(`{"action":"rotate"}`))
	}()
	<-putN.at
	close(delQ.open)
	<-deactN.at
	close(putN.open)
	<-r
	s.mailFlows()
	close(deactN.open)
	dead := false
	for {
		select {
		case <-e:
			if dead {
				t.Error("AWSCURRENT named a dead key during a rotation and an emergency at once")
			}
			s.mailFlows()
			return
		default:
			if v := s.current(); !v.Accepted {
				if again := s.current(); again.Username == v.Username { // both reads agree
					dead = true
				}
			}
		}
	}
}

func TestGivingUpHoldsAgainstAVersionStagedBehindItsFence(t *testing.T) {
	s := newStage(t, nil)
	s.must(`{}`, rotation.Rotated)
	s.after(30 * day)
	refuse := func(_ string, _ int, stage, _ string) *localaws.SMTPReply {
		if stage == "auth" {
			return &localaws.SMTPReply{Code: 535, Text: "Authentication Credentials Invalid"}
		}
		return nil
	}
	s.World.SetSMTPFault(refuse)
	s.fails(`{}`, rotation.VerificationFailed)
	s.after(61 * time.Minute)
	s.World.SetSMTPFault(nil)
	atPut, openPut, atDel, openDel := make(chan int), make(chan int), make(chan int), make(chan int)
	var puts atomic.Int32
	s.World.Intercept(func(c localaws.Call) *localaws.Fault {
		switch c.Action {
		case "PutSecretValue":
			if puts.Add(1) == 1 {
				close(atPut)
				<-openPut
			}
		case "DeleteAccessKey":
			close(atDel)
			<-openDel
		}
		return nil
	})
	a, b := make(chan int), make(chan int)
	go func() { defer close(b); _, _ = s.Function.Invoke(context.Background(), []byte(`{}`)) }()
	<-atPut
	s.World.SetSMTPFault(refuse)
	go func() { defer close(a); _, _ = s.Function.Invoke(context.Background(), []byte(`{}`)) }()
	<-atDel
	s.World.SetSMTPFault(nil)
	close(openPut)
	<-b
	s.mailFlows()
	close(openDel)
	<-a
	if v := s.current(); !v.Accepted {
		t.Errorf("AWSCURRENT names %s, dead", v.Username)
	}
}

func TestATickThatDeactivatesWhatARollbackMadeCurrentUndoesIt(t *testing.T) {
	s := newStage(t, nil)
	s.must(`{}`, rotation.Rotated)
	k1 := s.mailFlows().Username
	s.after(5 * day)
	s.must(`{"action":"rotate"}`, rotation.Rotated)
	s.after(7*day + hour)
	atUpdate, openUpdate := make(chan int), make(chan int)
	var updates atomic.Int32
	s.World.Intercept(func(c localaws.Call) *localaws.Fault {
		if c.Action == "UpdateAccessKey" && updates.Add(1) == 1 {
			close(atUpdate)
			<-openUpdate
		}
		return nil
	})
	tick := make(chan int)
	go func() { defer close(tick); _, _ = s.Function.Invoke(context.Background(), []byte(`{}`)) }()
	<-atUpdate // it has read AWSCURRENT for the last time, and is about to deactivate k1
	s.must(`{"action":"rollback"}`, rotation.RolledBack)
	close(openUpdate)
	<-tick
	if got := s.mailFlows().Username; got != k1 {
		t.Errorf("AWSCURRENT names %s, want %s, which the rollback made current", got, k1)
	}
}
