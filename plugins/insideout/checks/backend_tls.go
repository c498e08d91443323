package checks

import (
	"strings"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/ingress"
	"github.com/akstools/akstools/plugins/insideout/facts"
)

// backendTLS makes the controller use TLS to the Service
// (https://kubernetes.github.io/ingress-nginx/user-guide/nginx-configuration/annotations/#backend-protocol,
// https://doc.traefik.io/traefik/reference/routing-configuration/kubernetes/ingress/,
// https://gateway-api.sigs.k8s.io/api-types/backendtlspolicy/).
func backendTLS(s facts.ServiceInfo, in ingress.Ingress, controller string) []check.Fix {
	switch {
	case in.Gateway != nil:
		return []check.Fix{fix("make the Gateway use TLS to the app by a BackendTLSPolicy, or make the app serve plain HTTP")}
	case controller == "k8s.io/ingress-nginx" || strings.HasPrefix(controller, "webapprouting.kubernetes.azure.com/nginx"):
		return []check.Fix{fix("make ingress-nginx use TLS to the app",
			cmdline.Kubectl("annotate", "ingress", in.Name, "-n", in.Namespace, "nginx.ingress.kubernetes.io/backend-protocol=HTTPS"),
		)}
	case strings.Contains(controller, "traefik"):
		return []check.Fix{fix("make Traefik use TLS to the app",
			cmdline.Kubectl("annotate", "service", s.Name, "-n", s.Namespace, "traefik.ingress.kubernetes.io/service.serversscheme=https"),
		)}
	}
	return []check.Fix{fix("make the controller use TLS to the app (see its manual), or make the app serve plain HTTP")}
}
