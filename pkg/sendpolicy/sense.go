package sendpolicy

import (
	"errors"
	"fmt"
	"slices"
)

// checkConditions refuses conditions that IAM would refuse, that mean something other than they
// seem to, or that narrow nothing or leave nothing.
func (f *Faults) checkConditions(d Description) {
	said, wrong := d.said(), false
	for _, c := range d.Conditions {
		err := c.check()
		if err == nil {
			c = c.normal()
			err = saidAlready(said, c)
			said.add(c.Operator, c.Key, c.Values...)
		}
		if err != nil {
			f.add("Conditions", "%q: %v", c, err)
			wrong = true
		}
	}
	if wrong { // so it can't be said what the conditions mean together
		return
	}
	d = d.normal()
	for i, c := range d.Conditions {
		others := slices.Delete(slices.Clone(d.Conditions), i, i+1)
		if err := d.sense(c, others); err != nil {
			f.add("Conditions", "%q: %v", c, err)
		}
	}
}

func saidAlready(said Conditions, c Condition) error {
	if !said.has(c.Operator, c.Key) {
		return nil
	}
	return fmt.Errorf("there is a condition %s on %s already, and its values are alternatives: write one condition "+
		"with narrower values", c.Operator, c.Key)
}

// sense returns why a condition makes no sense together with the rest of the description.
func (d Description) sense(c Condition, others []Condition) error {
	for _, check := range []func(Condition, []Condition) error{
		d.holdsSometimes, d.isOfOneVPC, d.leavesNetworks, d.leavesSenders, d.holdsForEach,
	} {
		if err := check(c, others); err != nil {
			return err
		}
	}
	return nil
}

// holdsSometimes refuses a condition that never holds for mail through one of the doors, or always
// holds through all of them.
func (d Description) holdsSometimes(c Condition, others []Condition) error {
	narrows := false
	for _, way := range d.ways(others) {
		switch c.through(way) {
		case mayHold:
			narrows = true
		case holdsNever:
			return way.never(c)
		}
	}
	if !narrows {
		return errors.New("it holds for all the described mail, so it narrows nothing: leave it out")
	}
	return nil
}

// ways returns the doors. If the description names none, a condition may require one.
func (d Description) ways(conditions []Condition) []door {
	doors := d.doors()
	if doors[0].key != "" {
		return doors
	}
	for _, c := range conditions {
		if isSource(c.Key) && c.comparison().demandsKey(c.Values) {
			return []door{{key: c.Key}}
		}
	}
	return doors
}

// never says why a condition never holds for mail through the door, and what to write instead.
func (d door) never(c Condition) error {
	switch {
	case c.Key == "aws:SecureTransport":
		return errors.New("SES's SMTP interface always encrypts, so nothing could be sent: leave it out, or write true")
	case d.has(c.Key) == holdsAlways:
		return errors.New("it never holds, so nothing could be sent: leave it out")
	case d.key == sourceIP:
		return fmt.Errorf("mail from public networks has no %s, so none could be sent: leave it out, or also name the "+
			"VPC or its endpoint", c.Key)
	}
	return fmt.Errorf("mail through a VPC endpoint has no %s, so none could be sent: leave it out, or also name the "+
		"public networks; for private addresses use aws:VpcSourceIp", c.Key)
}

// isOfOneVPC refuses private addresses without a VPC or endpoint.
func (d Description) isOfOneVPC(c Condition, others []Condition) error {
	one := func(other Condition) bool {
		return (other.Key == sourceVPC || other.Key == sourceVPCe) && other.names()
	}
	bound := len(d.Endpoints)+len(d.VPCs) > 0 || slices.ContainsFunc(others, one)
	if c.Key != vpcSourceIP || !c.names() || bound {
		return nil
	}
	return errors.New("name the endpoint or the VPC as well: other VPCs use the same private addresses")
}

// names reports whether mail must have one of the condition's values.
func (c Condition) names() bool {
	parsed := c.comparison()
	return parsed.base != null && !parsed.negated() && parsed.demandsKey(c.Values)
}

// leavesNetworks refuses a condition that leaves none of the described networks.
func (d Description) leavesNetworks(c Condition, others []Condition) error {
	if c.Key != sourceIP || c.comparison().base == null {
		return nil
	}
	d.Conditions = others
	before, bound := d.sourceAddresses()
	d.Conditions = append(slices.Clone(others), c)
	after, _ := d.sourceAddresses()
	if bound && !before.isEmpty() && after.isEmpty() {
		return fmt.Errorf("it leaves none of the networks that you named (%s), so nothing could be sent from there: "+
			"leave it out, or change the networks", before)
	}
	return nil
}

// sourceAddresses returns the public addresses that mail may come from. bound reports whether
// anything restricts them.
func (d Description) sourceAddresses() (left addressSet, bound bool) {
	left = publicAddresses()
	only := func(set addressSet) { left, bound = left.intersect(set), true }
	if len(d.Networks) > 0 {
		only(addressesOf(d.Networks...))
	}
	for _, c := range d.Conditions {
		networks, err := c.networks()
		switch parsed := c.comparison(); {
		case c.Key != sourceIP || parsed.base == null || err != nil:
		case parsed.negated():
			left = left.minus(surelyAddressesOf(networks...))
		case len(d.Networks) > 0 || !parsed.ifExists:
			only(addressesOf(networks...))
		}
	}
	return left, bound
}

// leavesSenders refuses a condition that none of the described senders meets.
func (d Description) leavesSenders(c Condition, _ []Condition) error {
	var described []string
	switch c.Key {
	case fromAddress:
		described = each(d.From, addresses)
	case "ses:FromDisplayName":
		described = d.FromNames
	}
	if len(described) == 0 || !c.names() || slices.ContainsFunc(described, c.mayBe) {
		return nil
	}
	return fmt.Errorf("it matches none of the senders that you named (%s), so nothing could be sent: leave it out, or "+
		"change the senders", listed(described, "or", shown))
}

// mayBe reports whether some text matches both the pattern and one of the condition's values.
func (c Condition) mayBe(pattern string) bool {
	return slices.ContainsFunc(c.Values, func(v string) bool { return overlap(anyForOne(v), pattern) })
}

// holdsForEach refuses ForAllValues if it would also hold without any value.
func (d Description) holdsForEach(c Condition, others []Condition) error {
	there := func(other Condition) bool {
		return other.Key == c.Key && other.comparison().base == null && other.comparison().demandsKey(other.Values)
	}
	if c.comparison().set != forAll || c.Key == recipientsKey && len(d.Recipients) > 0 ||
		slices.ContainsFunc(others, there) {
		return nil
	}
	return fmt.Errorf("it also holds for mail without %s: add the condition Null %s false", c.Key, c.Key)
}

// outcome is how a condition turns out for mail through a door.
type outcome int

const (
	mayHold outcome = iota
	holdsAlways
	holdsNever
)

// has reports whether mail through the door has a key: always, never or sometimes.
func (d door) has(key string) outcome {
	switch where := facts[asWritten(key)].presence; {
	case where == always:
		return holdsAlways
	case where == optional || d.key == "":
		return mayHold
	case (where == outside) == (d.key == sourceIP):
		return holdsAlways
	}
	return holdsNever
}

// through returns how the condition turns out for mail through the door.
func (c Condition) through(way door) outcome {
	parsed, there := c.comparison(), way.has(c.Key)
	demands := parsed.demandsKey(c.Values)
	switch {
	case len(c.Values) > 1 && parsed.base == null: // true and false
		return holdsAlways
	case parsed.base == null && there != mayHold:
		if demands == (there == holdsAlways) {
			return holdsAlways
		}
		return holdsNever
	case there == holdsNever && demands:
		return holdsNever
	case there == holdsNever:
		return holdsAlways
	case c.Key == "aws:SecureTransport" && slices.Equal(c.Values, []string{"false"}):
		return holdsNever
	case there != holdsAlways || !c.hasAll():
		return mayHold
	case parsed.negated():
		return holdsNever
	}
	return holdsAlways
}

// hasAll reports whether the condition's networks contain all addresses.
func (c Condition) hasAll() bool {
	networks, err := c.networks()
	if c.comparison().kind() != ofNetwork || err != nil {
		return false
	}
	all := publicAddresses()
	if c.Key == vpcSourceIP {
		all = addressesOf(everyIPv4)
	}
	return all.minus(addressesOf(networks...)).isEmpty()
}
