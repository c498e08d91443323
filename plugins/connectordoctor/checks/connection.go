package checks

import (
	"fmt"
	"strings"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/plugins/connectordoctor/facts"
)

// subject is the connection with what it provides.
type subject struct {
	facts.ConnectionInfo
	classes []facts.ProviderClass // its SecretProviderClasses
	others  []string              // the names of SecretProviderClasses that may be its
}

// uses returns the uses of what the connection provides.
func (s subject) uses(u facts.PodUse) []facts.Use {
	names := append([]string{s.Provider}, s.others...)
	for _, c := range s.classes {
		names = append(names, c.Name)
	}
	return u.Of(s.Secret, names...)
}

func (s subject) secret() check.Ref {
	return check.Ref{Kind: "secret", Namespace: s.Namespace, Name: s.Secret}
}

func (s subject) account(name string) check.Ref {
	return check.Ref{Kind: "serviceaccount", Namespace: s.Namespace, Name: name}
}

// connection returns the connection. Where its SecretProviderClasses cannot be read, it has none.
func connection(p *check.Pass) (subject, error) {
	c, err := facts.Connection.Get(p)
	if err != nil {
		return subject{}, err
	}
	s := subject{ConnectionInfo: c}
	if classes, err := facts.ProviderClasses.Get(p); err == nil {
		s.classes, s.others = classes.For(c), classes.Others
	}
	return s, nil
}

// consumers returns the connection and the workloads that use it. If there are none, ok is false and the check is skipped; ok is false on
// errors too.
func consumers(p *check.Pass) (s subject, list []facts.Consumer, ok bool, err error) {
	if s, err = connection(p); err != nil {
		return s, nil, false, err
	}
	all, err := facts.Consumers.Get(p)
	if err == nil && len(all.Items) == 0 {
		p.Skip("no workload in namespace %s uses what the connection provides", s.Namespace)
	}
	seen := map[check.Ref]bool{} // a bundle may repeat them
	for _, c := range all.Items {
		if !seen[c.Ref] {
			seen[c.Ref] = true
			list = append(list, c)
		}
	}
	return s, list, err == nil && len(list) > 0, err
}

// names joins the names of objects, up to three of them.
func names(list []string) string {
	if len(list) <= 3 {
		return strings.Join(list, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(list[:3], ", "), len(list)-3)
}
