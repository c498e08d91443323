package checks

import (
	"github.com/akstools/akstools/internal/azure/id"
	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/plugins/connectordoctor/facts"
)

// ofAzure are the facts that inAzure and severity read.
func ofAzure(more ...check.Need) []check.Need {
	return provided(append(more, facts.AzureCluster, facts.AzureConnections)...)
}

// read reports whether a fact about Azure was read. If it was not, for the reason off or because the bundle does not hold it, the check is
// skipped; ok is false on errors too.
func read(p *check.Pass, off string, err error) (ok bool, _ error) {
	switch {
	case facts.IsNotHeld(err):
		p.Skip("the bundle has nothing of Azure")
		return false, nil
	case err == nil && off != "":
		p.Skip("%s", off)
		return false, nil
	}
	return err == nil, err
}

// linked is the connection as the cluster and Azure have it.
type linked struct {
	facts.ConnectionInfo
	cluster facts.ManagedCluster
	list    facts.ConnectionsInAzure
	// here are the connections in Azure that write its Secret, the one with its name first. elsewhere are those of other namespaces.
	here, elsewhere []facts.ConnectionInAzure
}

// inAzure returns the connection as Azure has it. If Azure is not read, or the target is no connection, ok is false and the check is
// skipped; ok is false on errors too.
func inAzure(p *check.Pass) (l linked, ok bool, err error) {
	if l.ConnectionInfo, err = facts.Connection.Get(p); err != nil {
		return l, false, err
	}
	if l.Name == "" {
		p.Skip("no connection was found")
		return l, false, nil
	}
	cluster, err := facts.AzureCluster.Get(p)
	if ok, err := read(p, cluster.Off, err); !ok {
		return l, false, err
	}
	l.cluster = cluster.Cluster
	l.list, err = facts.AzureConnections.Get(p)
	if ok, err := read(p, l.list.Off, err); !ok {
		return l, false, err
	}
	if l.list.Unregistered {
		p.Skip("the subscription is not registered for Service Connector")
		return l, false, nil
	}
	l.here, l.elsewhere = l.list.Of(l.ConnectionInfo)
	return l, true, nil
}

// known is inAzure for checks that mean nothing unless Azure has the connection.
func known(p *check.Pass) (l linked, ok bool, err error) {
	l, ok, err = inAzure(p)
	if ok && len(l.here) == 0 {
		p.Skip("Azure has no such connection")
		return l, false, nil
	}
	return l, ok, err
}

// atTarget is known for checks of the connection's target, which it returns too.
func atTarget(p *check.Pass) (l linked, t facts.TargetInAzure, ok bool, err error) {
	if l, ok, err = known(p); !ok {
		return l, t, false, err
	}
	t, err = facts.AzureTarget.Get(p)
	ok, err = read(p, t.Off, err)
	return l, t, ok, err
}

// ref names the connection.
func (l linked) ref() check.Ref {
	return check.Ref{Kind: facts.ConnectionKind, Namespace: l.Namespace, Name: l.Name}
}

// clusterRef names the cluster.
func clusterRef(c facts.ManagedCluster) check.Ref {
	return check.Ref{Kind: "managedcluster", Name: c.Name()}
}

// listInAzure shows the cluster's connections with their namespaces.
func (l linked) listInAzure(title string) check.Fix {
	return fix(title, id.AKS(l.cluster.ID, "connection list"))
}

// note returns the severity of something that does not keep pods from using the connection: information.
func note(p *check.Pass) check.Severity {
	if s := severity(p); s == check.Error {
		return s
	}
	return check.Info
}

// byCSI reports whether the connection, as Azure has it, writes no Secret, because pods mount a key vault's secrets. known is false if
// Azure does not have it, or was not read.
func byCSI(p *check.Pass, c facts.ConnectionInfo) (csi, known bool) {
	l, err := facts.AzureConnections.Get(p)
	if err != nil {
		return false, false
	}
	here, _ := l.Of(c)
	return len(here) > 0 && here[0].CSI, len(here) > 0
}
