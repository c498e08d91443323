package podhealth

import "fmt"

// lowCPU is the limit, in thousandths of a CPU, below which a program is probably too slow to start or to answer its probes: a core for
// less than 5 ms in each 100 ms (https://docs.kernel.org/scheduler/sched-bwc.html).
const lowCPU = 50

// LowCPU returns what is to be known of the container's CPU limit if it is so low that it may be the cause; empty: it is not, or there is
// none.
func (c Container) LowCPU() string {
	if c.CPULimit == 0 || c.CPULimit >= lowCPU {
		return ""
	}
	return fmt.Sprintf("container %s has a limit of %dm CPU, probably too little to start or to answer in time", c.Name, c.CPULimit)
}

// WhyUnready returns why the pod is not Ready although its containers run: the probe that has not passed, and a low limit. Empty: all are
// ready, or one does not run.
func (p Pod) WhyUnready() string {
	for _, c := range p.Containers {
		if c.State.Phase != Running || c.Ready || c.Init && !c.Sidecar {
			continue
		}
		kind := "readiness"
		if _, ok := c.Probes["startup"]; ok && !c.Started {
			kind = "startup"
		}
		probe, ok := c.Probes[kind]
		if !ok {
			continue
		}
		why := fmt.Sprintf("the %s probe of container %s has not passed (%s", kind, c.Name, probe.Kind)
		if probe.Port != "" {
			why += " to port " + probe.Port
		}
		if probe.Path != "" {
			why += " " + probe.Path
		}
		why += ")"
		if c.Restarts > 0 {
			why += fmt.Sprintf(", and the container was restarted (%d)", c.Restarts)
		}
		if low := c.LowCPU(); low != "" {
			why += "; " + low
		}
		return why
	}
	return ""
}
