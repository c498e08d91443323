package nodepod

import (
	"context"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"
	authenticationv1 "k8s.io/api/authentication/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/akstools/akstools/internal/jobpod"
)

// prepare collects, in parallel, what must be known before anything is created, and checks permissions. It returns a draft of the pod.
// entered is whether the pod will be used by exec.
func (m *Manager) prepare(ctx context.Context, nodeName string, programs [][]string, entered bool, o Options) (*draft, error) {
	d := &draft{options: o}
	var bindings []rbacv1.RoleBinding
	g, gctx := errgroup.WithContext(ctx)
	g.Go(func() (err error) {
		if d.node, err = GetNode(gctx, m.Clients, nodeName); err != nil {
			return err
		}
		notReady, err := CheckNode(d.node)
		if notReady != "" {
			m.Notes.Warnf("node %s is not Ready (%s)", nodeName, notReady)
		}
		return err
	})
	g.Go(func() error {
		rights := Rights(o.Namespace, entered)
		if o.Connect {
			rights = append(rights, ConnectRights(o.Namespace)...)
		}
		return m.Clients.Check(gctx, rights...)
	})
	g.Go(func() error {
		d.images = []image{{name: o.Image}}
		if o.Image == "" {
			d.images = imagesOnNode(gctx, m.Clients, nodeName)
		}
		return nil
	})
	g.Go(func() error {
		d.who = m.identity(gctx)
		return nil
	})
	if entered {
		g.Go(func() error {
			bindings = m.bindings(gctx, o.Namespace)
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	m.warnOfOthers(bindings, o.Namespace, d.who.user)
	d.template = func(image string) (*corev1.PodTemplateSpec, error) { return podTemplate(d.node, image, programs) }
	return d, nil
}

// identity returns who the API server takes this user for, or the zero identity if that cannot be found out: it only goes into an
// annotation.
func (m *Manager) identity(ctx context.Context) identity {
	review, err := m.Clients.AuthenticationV1().SelfSubjectReviews().Create(ctx, &authenticationv1.SelfSubjectReview{}, metav1.CreateOptions{})
	if err != nil {
		return identity{}
	}
	return identity{user: review.Status.UserInfo.Username}
}

// create creates the Job and returns once its pod satisfies done. On any error it removes what it created.
func (m *Manager) create(ctx context.Context, j *batchv1.Job, o Options, done jobpod.Condition) (Pod, *corev1.Pod, error) {
	pod := Pod{Node: j.Spec.Template.Spec.NodeName, IdleTimeout: o.IdleTimeout, Until: time.Now().Add(o.MaxDuration)}
	created, object, err := m.maker().Start(ctx, j, o.RunningTimeout, done, pod.leftover())
	pod.Pod = created
	return pod, object, err
}

// remove deletes the Job and its pod, even if ctx is done, and prints a warning if that fails.
func (m *Manager) remove(ctx context.Context, p Pod) { m.maker().Remove(ctx, p.Pod, p.leftover()) }

func (m *Manager) maker() *jobpod.Maker { return &jobpod.Maker{Clients: m.Clients, Notes: m.Notes} }

// leftover tells the user what happens to the pod if it cannot be removed.
func (p Pod) leftover() string {
	return fmt.Sprintf("it exits by itself within %s and is deleted %s later; to remove it now: kubectl aksnode cleanup",
		p.IdleTimeout, jobpod.FinishedTTL)
}
