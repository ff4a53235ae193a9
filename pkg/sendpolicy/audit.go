package sendpolicy

import (
	"net/netip"
	"slices"
	"strings"
)

// rights looks at what a statement allows beside sending over SMTP.
func (r *report) rights(l limit) {
	s := r.statement
	actions := s.Action
	if len(s.NotAction) > 0 {
		actions = Texts{"*"}
	}
	if len(s.NotResource) > 0 && l.wideResource {
		r.add(NotResource, High, "everything that isn't named, also what will be made later",
			"it allows all resources but %s", strings.Join(s.NotResource, ", "))
	}
	for _, action := range l.leaves(actions) {
		switch {
		case len(s.NotAction) == 0:
			r.right(action)
		case action == "*":
			r.add(HasNotAction, High,
				"everything that isn't named: with the secret access key, nearly all of the account",
				"it allows all actions but %s", strings.Join(s.NotAction, ", "))
		case s.covers(action):
			r.right(action)
		}
	}
}

// right looks at one action. Only the secret access key gives it to a thief: an SMTP password can't
// sign API requests.
func (r *report) right(action string) {
	service, name, _ := strings.Cut(strings.ToLower(action), ":")
	switch {
	case action == "*" || hasWildcard(service):
		r.add(WideAction, High, "with the secret access key, everything in the account", "it allows all actions (%s)",
			action)
	case service == "ses" && (name == "*" || hasWildcard(name) && matches(name, "sendrawemail") &&
		!strings.HasPrefix(name, "send")):
		r.add(WideAction, High, "with the secret access key, verifying, changing and deleting identities, and all mail",
			"it allows all of SES (%s), and SMTP needs ses:SendRawEmail alone", action)
	case service == "ses" && name == "sendrawemail":
	case service == "ses" && strings.HasPrefix(name, "send"):
		severity, code := Low, UnusedRights
		if hasWildcard(name) {
			severity, code = Medium, WideAction
		}
		r.add(code, severity, "with the secret access key, sending in ways that nobody watches",
			"it allows %s, and SMTP needs ses:SendRawEmail alone", action)
	case slices.Contains([]string{"iam", "sts", "organizations", "sso", "sso-directory", "identitystore", "account"},
		service):
		r.add(IAMRights, High, "with the secret access key, giving oneself or others more rights", "it allows %s",
			action)
	case service == "ses" && !hasWildcard(name) && (strings.HasPrefix(name, "get") || strings.HasPrefix(name, "list") ||
		strings.HasPrefix(name, "describe")):
		r.add(OtherRights, Low, "with the secret access key, reading how SES is set up and used",
			"it allows %s, which isn't for sending", action)
	default:
		r.add(OtherRights, Medium, "with the secret access key, what "+action+" does",
			"it allows %s, which isn't for sending", action)
	}
}

// sending looks at what mail a statement allows, and from where.
func (r *report) sending(denied guards, l limit) {
	s := r.statement
	if wide := s.wideResources(); len(wide) > 0 && !denied.resources && l.wideResource {
		severity, risk := High, "sending as every identity of the account, with its good name"
		if s.hasSender() || denied.sender || l.sender {
			severity, risk = Medium, "sending as those senders with every identity that allows it, also one made later"
		}
		r.add(WideResource, severity, risk, "it allows sending with %s", strings.Join(wide, ", "))
	}
	found := s.source()
	if !found.bound && !denied.source && l.noSource {
		r.add(NoSource, Medium, "sending from anywhere, with nothing but the SMTP username and password",
			"nothing in it says where mail has to come from%s", found.why)
	}
	for _, text := range found.wide {
		r.add(WideSource, Medium, "sending from "+text, "the source %s is no narrow one", text)
	}
	for _, text := range found.private {
		r.add(PrivateIP, Low, "nothing: it never holds, so mail from there fails",
			"aws:SourceIp %s is a private address, and SES never sees one: name the NAT gateway's, or use "+
				"aws:VpcSourceIp with an endpoint", text)
	}
	s.Condition.each(func(operator, key string, _ Texts) {
		if !honours(key) {
			r.add(UnknownKey, Medium, "what the condition was to prevent",
				"SES doesn't implement the key %s (%s): the condition isn't to be relied on", key, operator)
		}
	})
}

// sends tells whether a statement's actions have sending over SMTP.
func (s Statement) sends() bool { return s.covers(sendRaw) }

func (s Statement) covers(action string) bool {
	is := func(pattern string) bool { return matches(strings.ToLower(pattern), strings.ToLower(action)) }
	if len(s.NotAction) > 0 {
		return !slices.ContainsFunc(s.NotAction, is)
	}
	return slices.ContainsFunc(s.Action, is)
}

// wideResources are those that aren't one identity or one configuration set.
func (s Statement) wideResources() (wide []string) {
	for _, resource := range s.Resource {
		if hasWildcard(resource) {
			wide = append(wide, resource)
		}
	}
	for _, resource := range s.NotResource {
		wide = append(wide, "all but "+resource)
	}
	return wide
}

// hasSender tells whether mail has to come from certain addresses.
func (s Statement) hasSender() (found bool) {
	s.Condition.each(func(operator, key string, values Texts) {
		plain := slices.Contains([]string{"StringEquals", "StringEqualsIgnoreCase", "StringLike"}, operator)
		found = found || plain && strings.EqualFold(key, "ses:FromAddress") && !slices.ContainsFunc(values, anything)
	})
	return found
}

// anything tells of a value that says nothing: any text, any endpoint, most of the Internet.
func anything(value string) bool {
	if network, err := parseNetwork(value); err == nil {
		return network.Bits() < 8 && network.Addr().Is4() || network.Bits() < 24 && network.Addr().Is6()
	}
	return strings.Trim(strings.TrimPrefix(strings.TrimPrefix(value, "vpce-"), "vpc-"), "*?@.") == ""
}

// source is what a statement says of where mail comes from.
type source struct {
	bound         bool
	why           string // it isn't bound, though it seems so
	wide, private []string
}

func (s Statement) source() (found source) {
	s.Condition.each(func(operator, key string, values Texts) {
		if !isSource(key) {
			return
		}
		base, ifExists := strings.CutSuffix(strings.TrimPrefix(operator, "ForAnyValue:"), "IfExists")
		switch {
		case ifExists:
			found.why = ": where " + key + " is missing, " + operator + " holds"
		case strings.Contains(base, "Not") || base == "Null" || strings.HasPrefix(base, "ForAllValues"):
			found.why = ": " + operator + " of " + key + " keeps some out, and lets all others in"
		case strings.EqualFold(key, "aws:VpcSourceIp"):
			if !found.bound {
				found.why = ": everybody's VPC has the same addresses, so " + key +
					" needs the endpoint or the VPC beside it"
			}
		default:
			found.bound = true
			found.values(base, key, values)
		}
	})
	return found
}

func (f *source) values(operator, key string, values Texts) {
	for _, text := range values {
		network, err := parseNetwork(text)
		switch {
		case anything(text):
			f.wide = append(f.wide, key+" "+text)
		case operator == "IpAddress" && err == nil && isPrivate(network):
			f.private = append(f.private, text)
		}
	}
}

func parseNetwork(text string) (netip.Prefix, error) {
	if strings.Contains(text, "/") {
		return netip.ParsePrefix(text)
	}
	a, err := netip.ParseAddr(text)
	if err != nil {
		return netip.Prefix{}, err
	}
	return a.Prefix(a.BitLen())
}
