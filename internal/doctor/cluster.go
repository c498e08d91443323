package doctor

// ClusterName returns the cluster's name in the kubeconfig, or else the API server's URL, which is given.
func (o *Options) ClusterName(host string) string {
	config, err := o.App.Flags.ToRawKubeConfigLoader().RawConfig()
	if err != nil {
		return host
	}
	name := config.CurrentContext
	if o.App.Flags.Context != nil && *o.App.Flags.Context != "" {
		name = *o.App.Flags.Context
	}
	if c := config.Contexts[name]; c != nil && c.Cluster != "" {
		return c.Cluster
	}
	return host
}
