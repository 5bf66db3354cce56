package docker

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/containerd/errdefs"
	"github.com/moby/moby/api/types/container"
	apiimage "github.com/moby/moby/api/types/image"
	"github.com/moby/moby/client"
)

// keepImages is how many images of a kind survive a sweep: each change of this
// program makes a new lab, and one more for each nginx that it is used with.
var keepImages = map[string]int{imageLab: 4, imageBase: 12, imageNginx: 12}

// untagged is how engines before API 1.43 list an image that has no name.
const untagged = "<none>:<none>"

// sweep removes containers whose creator is dead and images that no longer
// serve. It runs beside other creators' work.
func sweep(ctx context.Context, api client.APIClient) error {
	list, err := api.ContainerList(ctx, client.ContainerListOptions{
		All: true, Filters: make(client.Filters).Add("label", labelSession),
	})
	if err != nil {
		return fmt.Errorf("list containers: %w", err)
	}
	var errs []error
	for _, c := range list.Items {
		age := time.Since(time.Unix(c.Created, 0))
		if leftBehind(c.Labels, c.State == container.StateRunning, age) {
			errs = append(errs, remove(ctx, api, c.ID))
		}
	}
	return errors.Join(append(errs, sweepImages(ctx, api))...)
}

// sweepImages keeps the newest images of each kind. The engine itself refuses
// to remove one that a container uses.
func sweepImages(ctx context.Context, api client.APIClient) error {
	list, err := api.ImageList(ctx, client.ImageListOptions{
		Filters: make(client.Filters).Add("label", labelImage),
	})
	if err != nil {
		return fmt.Errorf("list images: %w", err)
	}
	slices.SortFunc(list.Items, func(a, b apiimage.Summary) int { return int(b.Created - a.Created) })
	kept := map[string]int{}
	var errs []error
	for _, i := range list.Items {
		kind := i.Labels[labelImage]
		names := slices.DeleteFunc(i.RepoTags, func(name string) bool { return name == untagged })
		if len(names) > 0 && kept[kind] < keepImages[kind] {
			kept[kind]++
			continue
		}
		if time.Since(time.Unix(i.Created, 0)) < strangerAge {
			continue // another creator may be about to use it
		}
		if len(names) == 0 {
			names = []string{i.ID}
		}
		for _, name := range names {
			_, err := api.ImageRemove(ctx, name, client.ImageRemoveOptions{PruneChildren: true})
			if err != nil && !errdefs.IsNotFound(err) && !errdefs.IsConflict(err) {
				errs = append(errs, fmt.Errorf("remove image: %w", err))
			}
		}
	}
	return errors.Join(errs...)
}

// remove removes a container, running or not, with its volumes. One that is
// gone, or that the engine is removing, is as good as removed.
func remove(ctx context.Context, api client.APIClient, id string) error {
	_, err := api.ContainerRemove(ctx, id, client.ContainerRemoveOptions{Force: true, RemoveVolumes: true})
	if err != nil && !errdefs.IsNotFound(err) && !errdefs.IsConflict(err) {
		return fmt.Errorf("remove container: %w", err)
	}
	return nil
}
