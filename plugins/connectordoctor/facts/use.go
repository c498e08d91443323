package facts

// How a pod uses a Secret or a SecretProviderClass.
const (
	EnvFrom = "envFrom"
	EnvVar  = "env"
	Volume  = "volume"
	CSI     = "csi"
)

// Use is one reference of a pod to a Secret or, by a CSI volume, to a SecretProviderClass.
type Use struct {
	How       string `json:"how"` // one of the above
	Object    string `json:"object"`
	Container string `json:"container,omitempty"` // empty for a volume
	Key       string `json:"key,omitempty"`       // of env and volume; empty: all keys
	Name      string `json:"name,omitempty"`      // of the variable or volume
	Prefix    string `json:"prefix,omitempty"`    // that envFrom puts before each key
	Optional  bool   `json:"optional,omitempty"`
	// Mode are the permissions of a volume's files, if others than their owner and group may not read them; zero: all may.
	Mode int32 `json:"mode,omitempty"`
	// Unreadable are the containers, of those that mount the volume, which run as another user than root, who may not read its files.
	Unreadable []Runner `json:"unreadable,omitempty"`
	// Later are the ConfigMaps that stand after it in the container's envFrom: of variables with one name the last counts.
	Later []KeySource `json:"later,omitempty"`
	// Set are the names of the container's own variables, which count before all of envFrom; only with Later.
	Set []string `json:"set,omitempty"`
	// Before are the variables of the container that refer to this one by $(NAME) and stand before it in the list.
	Before []string `json:"before,omitempty"`
	// Shell reports whether the container's command is a shell that passes on only variables with names of its language.
	Shell bool `json:"shell,omitempty"`
	// Path is the file that a volume makes of the key, if it names one for each key.
	Path string `json:"path,omitempty"`
	// SignsIn reports whether the CSI volume has a Secret of its own by which the driver signs in (nodePublishSecretRef).
	SignsIn bool `json:"signsIn,omitempty"`
	// Copied reports whether the container sees the values as they were when it started.
	Copied bool `json:"copied,omitempty"`
}

// KeySource is a ConfigMap whose keys become variables.
type KeySource struct {
	Name   string `json:"name"`
	Prefix string `json:"prefix,omitempty"` // that envFrom puts before each key
}

// MountedFile is a file or directory that a container needs of a volume which is one Secret.
type MountedFile struct {
	Container string `json:"container"`
	Volume    string `json:"volume"`
	Name      string `json:"name"`              // in the volume
	Program   string `json:"program,omitempty"` // the path of the container's program, which is there; empty: it is mounted by subPath
}

// Runner is a container with the user as which it runs.
type Runner struct {
	Container string `json:"container"`
	User      int64  `json:"user"`
}
